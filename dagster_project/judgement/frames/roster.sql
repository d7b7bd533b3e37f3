-- one row per school year, term, school and stage: its classes in the roster beside those of the
-- census of that year; a section of the census that the county's roster leaves out has a row too
create or replace table frame_roster as
with
census as not materialized (
    select
        school_year, county_code, county_name, school_id, school_name, stage,
        profile, vintage, standards, school_type_code, sponsor_code, urban_rural_code, pupils,
        was_closed
        $census
    from judged_section
    anti join section_repeat using (row_id)
    where term = '$census_term' and stage <> 'senior' and school_year between $before and $last
        and (
            county_code in (select county_code from roster)
            or school_id in (select school_id from roster)
        )
),
class as ($class),
listed as (
    select
        school_year, term, county_code, school_id, stage,
        min(sha256) as sha256,
        arg_min(sheet, source_row) as sheet,
        min(source_row) as source_row,
        2 * school_year + (term <> '$census_term')::integer as semester,
        $roster
        bool_and(coalesce(is_complete, true)) as is_complete
    from class
    where school_year between $before and $last
    group by school_year, term, county_code, school_id, stage
),
subject as (
    select school_year, term, county_code, school_id, stage
    from listed
    where school_year between $first and $last
    union
    select census.school_year, arrived.term, census.county_code, census.school_id, census.stage
    from census
    join (select distinct school_year, term, county_code, stage from listed) as arrived
        on arrived.school_year = census.school_year and arrived.county_code = census.county_code
        and arrived.stage = census.stage
    where census.school_year between $first and $last
        and census.pupils > 0 and not coalesce(census.was_closed, false)
),
county as (
    select school_year, county_code, any_value(county_name) as county_name,
        any_value(standards) as standards, any_value(vintage) as vintage
    from census
    group by school_year, county_code
)
select
    subject.school_year,
    subject.term,
    subject.county_code,
    county.county_name,
    subject.school_id,
    census.school_name,
    subject.stage,
    listed.sha256,
    listed.sheet,
    listed.source_row,
    census.profile,
    coalesce(census.vintage, county.vintage) as vintage,
    coalesce(census.standards, county.standards) as standards,
    census.school_type_code,
    census.sponsor_code,
    census.urban_rural_code,
    listed.school_id is not null as has_roster,
    listed.is_complete,
    census.school_id is not null as has_census,
    county.county_code is not null as county_has_census,
    census.county_code as census_county_code,
    prev.school_id is not null as has_prev,
    subject.term = '$census_term' as is_census_term,
    $columns
    null::varchar as frame_note
from subject
left join listed
    on listed.school_year = subject.school_year and listed.term = subject.term
    and listed.county_code = subject.county_code and listed.school_id = subject.school_id
    and listed.stage = subject.stage
left join census
    on census.school_year = subject.school_year and census.school_id = subject.school_id
    and census.stage = subject.stage
left join census as prev_census
    on prev_census.school_year = subject.school_year - 1
    and prev_census.school_id = subject.school_id and prev_census.stage = subject.stage
left join county
    on county.school_year = subject.school_year and county.county_code = subject.county_code
-- the semester before: the spring of the year before, or the autumn of this
left join listed as prev
    on prev.county_code = subject.county_code and prev.school_id = subject.school_id
    and prev.stage = subject.stage and prev.semester = listed.semester - 1
