-- depends_on: {{ ref('setting') }}
with place as (
    select
        school_year,
        school_id,
        max(parent_school_id) as parent_school_id
    from {{ ref('dim_section') }}
    group by school_year, school_id
),

-- The census describes the school; a semester file only where there is no census of it. Sections of
-- one school agree on what the school is; the greatest value only settles slips.
described as (
    select
        section.*,
        max(case when term = '{{ setting("census_term") }}' then 1 else 0 end)
            over (partition by school_year, school_id) as has_census,
        case when term = '{{ setting("census_term") }}' then 1 else 0 end as is_census
    from (
        select
            school_year, term, school_id, stage, school_name, county_code, county_name,
            school_type_code, sponsor_code, urban_rural_code, urban_rural,
            is_public, is_counted, is_new, was_closed, profile
        from {{ ref('int_section') }}
    ) as section
),

school as (
    select
        school_year,
        school_id,
        max(school_name) as school_name,
        max(county_code) as county_code,
        max(county_name) as county_name,
        max(school_type_code) as school_type_code,
        max(sponsor_code) as sponsor_code,
        max(urban_rural_code) as urban_rural_code,
        max(urban_rural) as urban_rural,
        bool_or(is_public) as is_public,
        bool_or(is_counted) as is_counted,
        bool_or(is_new) as is_new,
        bool_or(was_closed) as was_closed,
        bool_or(stage = 'primary') as has_primary,
        bool_or(stage = 'junior') as has_junior,
        bool_or(stage = 'senior') as has_senior,
        max(profile) as profile
    from described
    where is_census = has_census
    group by school_year, school_id
)

select
    school.school_year,
    school.county_code,
    school.county_name,
    school.school_id,
    school.school_name,
    school.school_type_code,
    school.sponsor_code,
    school.urban_rural_code,
    school.urban_rural,
    school.is_public,
    school.is_counted,
    school.is_new,
    school.was_closed,
    school.has_primary,
    school.has_junior,
    school.has_senior,
    place.parent_school_id,
    before.predecessor_school_id,
    school.profile
from school
-- A school without a primary or junior section is none of compulsory education.
inner join place
    on school.school_year = place.school_year and school.school_id = place.school_id
left join (
    select
        successor.school_year,
        successor.school_id,
        {{ dbt.listagg('succession.school_id', "','", 'order by succession.school_id') }}
            as predecessor_school_id
    from (
        select distinct school_year, school_id from place -- once per school and year
    ) as successor
    inner join (
        select school_id, successor_school_id, min(school_year) as school_year
        from {{ ref('stg_lake__succession') }}
        where school_id <> successor_school_id
        group by school_id, successor_school_id
    ) as succession
        on
            successor.school_id = succession.successor_school_id
            and successor.school_year >= succession.school_year
    group by successor.school_year, successor.school_id
) as before
    on school.school_year = before.school_year and school.school_id = before.school_id
