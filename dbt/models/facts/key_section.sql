{{ config(alias='section') }}
select
    -- In this order the figures of a county and year lie together, whoever asks for them. The number is one of
    -- its year, so that a year that did not change keeps its own; six digits, or the cast fails.
    school_year * {{ sections_of_a_year() }} + cast(
        cast(row_number() over (partition by school_year order by county_code, school_id, stage) as decimal(6, 0))
        as integer
    ) as section_no,
    school_year,
    county_code,
    county_name,
    school_id,
    school_name,
    {{ enum_of('stage', 'stage') }} as stage,
    {{ enum_of('urban_rural', 'urban_rural') }} as urban_rural,
    {{ enum_of('region_code', 'region') }} as region_code,
    pupils
from {{ ref('int_evaluated_section') }}
