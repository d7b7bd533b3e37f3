{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    measure.school_year,
    measure.period_from,
    measure.county_code,
    measure.county_name,
    {{ words_zh('measure_chapter', 'measure.chapter') }} as chapter_name,
    measure.item_id,
    measure.item_name,
    measure.shown_value,
    measure.shown_unit,
    {{ words_zh('measure_basis', 'measure.basis') }} as basis_name,
    {{ words_zh('measure_status', 'measure.status') }} as status_name,
    measure.growth,
    {{ words_zh('verdict', 'measure.verdict') }} as verdict_name,
    measure.is_tainted
from {{ ref('county_measure').include(database=false) }} as measure
