-- one row per building project of a return (relation `project`), beside the census of its school
create or replace table frame_project as
with
census as (
    select school_year, school_id, max(building_area_m2) as building_area_m2, sum(pupils) as pupils
    from section
    where term = '$census_term' and school_id in (select school_id from project)
    group by all
)
select
    project.school_year,
    project.term,
    project.county_code,
    project.county_name,
    project.school_id,
    null::varchar as school_name,
    null::varchar as stage,
    project.sha256,
    project.sheet,
    project.source_row,
    null::varchar as profile,
    null::varchar as vintage,
    null::varchar as standards,
    'A' || project.source_row::varchar as cell,
    null::varchar as taints,
    concat_ws('!', project.sheet, 'A' || project.source_row::varchar) as place,
    project.name as project_name,
    project.kind,
    project.state,
    project.start,
    project.ready,
    -- the census of autumn is taken in September: what is ready by August is in it
    coalesce(project.ready, '9999') <= project.school_year || '-08' as is_due,
    project.area_m2,
    project.seats,
    project.money_yuan,
    now.building_area_m2 as area_now,
    before.building_area_m2 as area_before,
    now.pupils as pupils_now,
    null::varchar as frame_note
from project
left join census as now on now.school_id = project.school_id and now.school_year = project.school_year
left join census as before
    on before.school_id = project.school_id
    and before.school_year = try_cast(left(project.ready, 4) as integer) - 1
where project.school_year between $first and $last
