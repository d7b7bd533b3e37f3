{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    attainment.school_year,
    attainment.county_code,
    attainment.county_name,
    attainment.school_id,
    attainment.school_name,
    attainment.stage,
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
    indicators.l{{ n }}_verdict{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('school_attainment').include(database=false) }} as attainment
inner join (
    select
        school_year,
        school_id,
        stage,
        max(pupils) as pupils,
        max(case when is_tainted then 1 else 0 end) = 1 as is_tainted,
        {% for n in range(1, 8) -%}
        max(case when indicator_id = 'L{{ n }}' then value end) as l{{ n }}_value,
        max(case when indicator_id = 'L{{ n }}' then verdict end) as l{{ n }}_verdict{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('school_indicator').include(database=false) }}
    where standard_id = '2017'
    group by school_year, school_id, stage
) as indicators
    on
        attainment.school_year = indicators.school_year
        and attainment.school_id = indicators.school_id
        and attainment.stage = indicators.stage
left join {{ ref('dim_school').include(database=false) }} as school
    on
        attainment.school_year = school.school_year
        and attainment.school_id = school.school_id
where attainment.standard_id = '2017'
