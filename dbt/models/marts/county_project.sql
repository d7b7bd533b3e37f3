select
    project.returned_year as school_year,
    coalesce(code.county_code, project.county_code) as county_code,
    project.county_name,
    project.project_name,
    project.school_id,
    school.school_name,
    project.kind,
    project.state,
    project.started,
    project.ready,
    cast(project.project_year as integer) as project_year,
    project.money_yuan,
    project.money_central_yuan,
    project.money_provincial_yuan,
    project.money_city_yuan,
    project.money_county_yuan,
    project.money_other_yuan,
    project.area_m2,
    project.sports_area_m2,
    project.classes,
    project.seats,
    school.pupils,
    project.evidence,
    project.sheet,
    project.source_row
from {{ ref('stg_lake__project') }} as project
left join {{ ref('stg_lake__county_code') }} as code on project.county_code = code.old_code
left join (
    select school_year, school_id, max(school_name) as school_name, sum(pupils) as pupils
    from {{ ref('dim_section') }}
    where term = '{{ setting("census_term") }}'
    group by school_year, school_id
) as school
    on project.returned_year = school.school_year and project.school_id = school.school_id
