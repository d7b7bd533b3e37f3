with school as (
    select
        school_year,
        school_id,
        min(county_code) as county_code,
        max(county_name) as county_name,
        count(*) as sections,
        sum(pupils) as pupils
    from {{ ref('int_evaluated_section') }}
    where {{ list_holds('standards', "'2017'") }}
    group by school_year, school_id
),

counted as (
    select
        school_year,
        county_code,
        max(county_name) as county_name,
        count(*) as schools,
        sum(sections) as sections,
        count(case when pupils < 100 then 1 end) as small_schools
    from school
    group by school_year, county_code
    union all
    select distinct school_year, county_code, county_name, 0, 0, 0 -- once per county that answered
    from {{ ref('stg_lake__answer') }}
),

county as (
    select
        school_year,
        county_code,
        max(county_name) as county_name,
        max(schools) as schools,
        max(sections) as sections,
        max(small_schools) as small_schools
    from counted
    group by school_year, county_code
)

select
    county.school_year,
    county.county_code,
    county.county_name,
    coalesce(code.county_code, county.county_code) as current_county_code,
    coalesce(region.region_code, 'CN') as region_code,
    county.schools,
    county.sections,
    county.small_schools
from county
left join {{ ref('stg_lake__county_code') }} as code on county.county_code = code.old_code
left join (
    -- The province, if it has a rule of its own.
    select place.county_code, max(standard.region_code) as region_code
    from (select distinct county_code from county) as place -- once per county
    inner join {{ ref('item_standard') }} as standard
        on {{ can_decide('standard') }} and place.county_code like standard.region_code || '%'
    group by place.county_code
) as region on county.county_code = region.county_code
