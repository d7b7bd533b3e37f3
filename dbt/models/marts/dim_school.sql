with place as (
    select
        school_year,
        school_id,
        max(parent_school_id) as parent_school_id
    from {{ ref('dim_section') }}
    group by school_year, school_id
),

-- The census describes the school; a semester file only where there is no census of it. What the school
-- is, one of its sections says as a whole: codes of two sections together would describe a school that
-- nobody reported. It is the section that gives most of the codes, of several the one with most pupils.
{% set codes = ['school_type_code', 'sponsor_code', 'urban_rural_code'] -%}
ranked as (
    select
        *,
        row_number() over (
            partition by school_year, school_id
            order by
                is_census desc,
                case when stage = 'senior' then 1 else 0 end,
                {%- for code in codes %}
                case when {{ code }} is null then 1 else 0 end{{ ' +' if not loop.last else ',' }}
                {%- endfor %}
                coalesce(pupils, 0) desc, stage desc, term
        ) as choice
    from (
        select
            school_year, term, school_id, stage, pupils, school_name, county_code, county_name,
            school_type_code, sponsor_code, urban_rural_code, urban_rural,
            is_public, is_counted, is_new, was_closed, profile, nation,
            case when term = '{{ setting("census_term") }}' then 1 else 0 end as is_census
        from {{ ref('int_section') }}
    ) as section
),

school as (
    select
        school_year,
        school_id,
        {%- for told in ['school_name', 'county_code', 'county_name'] %}
        coalesce(max(case when choice = 1 then {{ told }} end), max({{ told }})) as {{ told }},
        {%- endfor %}
        {%- for told in codes + ['urban_rural', 'profile', 'nation'] %}
        max(case when choice = 1 then {{ told }} end) as {{ told }},
        {%- endfor %}
        {%- for told in ['is_public', 'is_counted', 'is_new', 'was_closed'] %}
        bool_or(case when choice = 1 then {{ told }} end) as {{ told }},
        {%- endfor %}
        {%- for stage in ['primary', 'junior', 'senior'] %}
        case
            when max(is_census) = 1 then bool_or(stage = '{{ stage }}' and is_census = 1)
            else bool_or(stage = '{{ stage }}')
        end as has_{{ stage }}{{ ',' if not loop.last }}
        {%- endfor %}
    from ranked
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
    school.profile,
    school.nation
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
