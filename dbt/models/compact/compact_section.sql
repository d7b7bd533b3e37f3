{{ config(alias='section', schema='compact', materialized='table') }}
-- depends_on: {{ ref('standard') }}
select
    -- In this order the figures of a county and year lie together, whoever asks for them.
    cast(row_number() over (order by school_year, county_code, school_id, stage) as integer) as section_no,
    school_year,
    county_code,
    county_name,
    school_id,
    school_name,
    {{ word('stage', 'stage') }} as stage,
    {{ word('urban_rural', 'urban_rural') }} as urban_rural,
    {{ word('region_code', 'region') }} as region_code,
    pupils
from {{ ref('int_evaluated_section') }}
