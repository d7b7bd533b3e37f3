{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    figure.school_year,
    figure.county_code,
    figure.county_name,
    figure.school_id,
    figure.school_name,
    figure.stage,
    figure.urban_rural,
    figure.standard_id,
    figure.indicator_id,
    indicator.name_zh as indicator_name,
    indicator.unit,
    figure.numerator,
    figure.denominator,
    figure.value,
    figure.threshold,
    figure.floor,
    figure.verdict,
    figure.gap_total,
    figure.is_tainted
from {{ ref('school_indicator').include(database=false) }} as figure
inner join {{ ref('indicator').include(database=false) }} as indicator
    on figure.indicator_id = indicator.indicator_id
