{{ config(alias='school_indicator', schema='compact', materialized='view') }}
-- depends_on: {{ ref('indicator') }}
-- depends_on: {{ ref('indicator_term') }}
-- Written without the database's name: the file may be attached under any.
select
    section.school_year,
    section.county_code,
    section.county_name,
    section.school_id,
    section.school_name,
    section.stage,
    figure.standard_id,
    figure.indicator_id,
    section.urban_rural,
    section.region_code,
    figure.numerator,
    section.pupils,
    figure.denominator,
    figure.value,
    figure.threshold,
    figure.floor,
    figure.verdict,
    case when figure.verdict = {{ word("'met'", 'verdict') }} then 0.0 else figure.threshold - figure.value end
        as gap_per_pupil,
    case
        when figure.verdict = {{ word("'met'", 'verdict') }} then 0.0
        else figure.threshold * figure.denominator / {{ multiplier_of('figure.indicator_id') }} - figure.numerator
    end as gap_total,
    figure.value_status,
    figure.is_tainted
from {{ ref('compact_figure').include(database=false) }} as figure
inner join {{ ref('compact_section').include(database=false) }} as section
    on figure.section_no = section.section_no
