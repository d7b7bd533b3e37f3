{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
-- A section under no standard of the mainland has its general measures alone.
select
    indicators.school_year,
    indicators.county_code,
    indicators.county_name,
    indicators.school_id,
    indicators.school_name,
    indicators.stage,
    school.school_type_code,
    school.urban_rural,
    school.is_public,
    indicators.pupils,
    attainment.met_count,
    attainment.floor_count,
    attainment.below_count,
    attainment.missing_count,
    attainment.attains,
    indicators.is_tainted,
    {% for n in range(1, 8) -%}
    indicators.l{{ n }}_value,
    indicators.l{{ n }}_verdict,
    {% endfor -%}
    {% for n in range(1, 4) -%}
    indicators.c{{ n }}_value,
    {% endfor -%}
    school.nation
from (
    select
        school_year,
        school_id,
        stage,
        max(county_code) as county_code,
        max(county_name) as county_name,
        max(school_name) as school_name,
        max(pupils) as pupils,
        coalesce(
            max(case when standard_id <> '2017' then null when is_tainted then 1 else 0 end),
            max(case when is_tainted then 1 else 0 end)
        ) = 1 as is_tainted,
        {% for n in range(1, 8) -%}
        max(case when indicator_id = 'L{{ n }}' then value end) as l{{ n }}_value,
        max(case when indicator_id = 'L{{ n }}' then verdict end) as l{{ n }}_verdict,
        {% endfor -%}
        {% for n in range(1, 4) -%}
        max(case when indicator_id = 'C{{ n }}' then value end) as c{{ n }}_value{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('school_indicator').include(database=false) }}
    group by school_year, school_id, stage
) as indicators
left join {{ ref('school_attainment').include(database=false) }} as attainment
    on
        indicators.school_year = attainment.school_year
        and indicators.school_id = attainment.school_id
        and indicators.stage = attainment.stage
        and attainment.standard_id = '2017'
left join {{ ref('dim_school').include(database=false) }} as school
    on
        indicators.school_year = school.school_year
        and indicators.school_id = school.school_id
