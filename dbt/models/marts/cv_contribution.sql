{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    school_year,
    county_code,
    county_name,
    school_id,
    {%- for name in ['stage', 'standard_id', 'indicator_id', 'urban_rural'] %}
    cast({{ name }} as string) as {{ name }},
    {%- endfor %}
    share,
    between_urban_rural,
    within
from {{ ref('compact_cv_contribution').include(database=false) }}
