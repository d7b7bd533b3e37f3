{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
{%- set words = ['stage', 'standard_id', 'indicator_id', 'urban_rural', 'region_code'] %}
select
    school_year,
    county_code,
    county_name,
    school_id,
    school_name,
    {%- for name in words %}
    cast({{ name }} as string) as {{ name }},
    {%- endfor %}
    numerator,
    pupils,
    denominator,
    value,
    threshold,
    floor,
    cast(verdict as string) as verdict,
    gap_per_pupil,
    gap_total,
    cast(value_status as string) as value_status,
    is_tainted
from {{ ref('compact_school_indicator').include(database=false) }}
