-- one row per semester, stage and cohort that pupils moved in, of every school and (school_id null)
-- of the county; a row without a cohort is the whole stage. The last year's movements stand beside
-- the census that they led to, of every cohort, moved or not.
create or replace table frame_movement as
with
moved_row as (
    select
        school_year, term, county_code, school_id, stage, cohort, grade, kind, pupils, sha256, sheet,
        source_row, is_complete,
        2 * school_year + (term <> '$census_term')::integer as semester,
        kind not in ('entrant', 'graduate') as is_move
    from movement
    where school_id is not null and stage in ('primary', 'junior') and cohort is not null
),
told_before as (
    select distinct semester + 1 as semester, school_id, stage, cohort, kind, pupils, true as is_repeat
    from moved_row
    where is_move
),
moved as (
    select
        school_year, term, county_code, school_id, stage, cohort, semester,
        min(sha256) as sha256,
        arg_min(sheet, source_row) as sheet,
        min(source_row) as source_row,
        $kinds
        bool_and(coalesce(is_complete, true)) as is_complete,
        count(*) filter (where is_move) as entries,
        count(*) filter (where is_repeat) as repeated_entries,
        count(*) filter (where grade <> school_year - cohort + 1) as entries_of_another_grade,
        grouping(cohort) = 1 as is_stage,
        grouping(school_id) = 1 as is_county
    from moved_row
    left join told_before using (semester, school_id, stage, cohort, kind, pupils)
    group by grouping sets (
        (school_year, term, county_code, school_id, stage, cohort, semester),
        (school_year, term, county_code, school_id, stage, semester),
        (school_year, term, county_code, stage, cohort, semester),
        (school_year, term, county_code, stage, semester)
    )
),
usual as (
    select
        school_year, term, county_code, school_id, stage, cohort,
        $usual
        count(*) over recent as usual_rows
    from moved
    window
        recent as (
            partition by county_code, school_id, stage, is_stage
            order by school_year range between 3 preceding and current row
        ),
        this_year as (
            partition by school_year, county_code, school_id, stage, cohort order by semester
        )
),
last_year as (
    select
        school_year + 1 as school_year, county_code, school_id, stage, cohort,
        $last_year
        bool_and(is_complete) as is_complete
    from moved
    group by school_year, county_code, school_id, stage, cohort
),
arrived as (
    select school_year + 1 as school_year, county_code, stage, count(distinct term) as last_year_terms
    from moved
    where is_county and is_stage
    group by school_year, county_code, stage
),
census_row as not materialized (
    select judged_section.*
    from judged_section
    anti join section_repeat using (row_id)
    where term = '$census_term' and stage in ('primary', 'junior')
        and school_year between $before and $last
        and county_code in (select county_code from movement)
),
stage_census as (
    select
        school_year, county_code, school_id, stage, null::integer as cohort,
        $census
        any_value(county_name) as county_name
    from census_row
    group by grouping sets (
        (school_year, county_code, school_id, stage), (school_year, county_code, stage)
    )
),
grade_row as (
    select
        school_year, county_code, county_name, school_id, stage,
        unnest([1, 2, 3, 4, 5, 6]) as grade,
        unnest([$grades]) as pupils,
        unnest([$grades_unknown]) as is_unknown
    from census_row
),
cohort_census as (
    select
        school_year, county_code, school_id, stage, school_year - grade + 1 as cohort,
        if(bool_or(is_unknown), null, sum(pupils)) as pupils,
        any_value(county_name) as county_name
    from grade_row
    where pupils is not null or is_unknown
    group by grouping sets (
        (school_year, county_code, school_id, stage, grade), (school_year, county_code, stage, grade)
    )
),
census as (
    from stage_census
    union all by name
    select school_year, county_code, school_id, stage, cohort, pupils as census_pupils, county_name
    from cohort_census
),
subject as (
    select school_year, term, county_code, school_id, stage, cohort
    from moved
    where school_year between $first and $last
    union
    select census.school_year, '$census_term', county_code, school_id, stage, cohort
    from census
    join arrived using (school_year, county_code, stage)
    where census.school_year between $first and $last
),
place as (
    select
        school_year, county_code, school_id,
        any_value(county_name) as county_name,
        if(grouping(school_id) = 0, any_value(school_name), null) as school_name,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards
    from census_row
    group by grouping sets ((school_year, county_code, school_id), (school_year, county_code))
)
select
    subject.school_year,
    subject.term,
    subject.county_code,
    coalesce(place.county_name, county.county_name) as county_name,
    subject.school_id,
    place.school_name,
    subject.stage,
    subject.cohort,
    subject.school_year - subject.cohort + 1 as grade,
    moved.sha256,
    moved.sheet,
    moved.source_row,
    place.profile,
    coalesce(place.vintage, county.vintage) as vintage,
    coalesce(place.standards, county.standards) as standards,
    subject.school_id is null as is_county,
    moved.stage is not null as has_movements,
    census.stage is not null as has_census,
    prev_census.stage is not null as has_prev_census,
    reorganised.school_id is not null as is_reorganised,
    place.county_code is not null as place_has_census,
    county.county_code is not null as county_has_census,
    moved.is_complete,
    coalesce(last_year.is_complete, true) as last_year_is_complete,
    moved.entries,
    moved.repeated_entries,
    moved.entries_of_another_grade,
    usual.usual_rows,
    arrived.last_year_terms,
    $columns
    null::varchar as frame_note
from subject
left join moved
    on moved.school_year = subject.school_year and moved.term = subject.term
    and moved.county_code = subject.county_code and moved.stage = subject.stage
    and moved.school_id is not distinct from subject.school_id
    and moved.cohort is not distinct from subject.cohort
left join usual
    on usual.school_year = subject.school_year and usual.term = subject.term
    and usual.county_code = subject.county_code and usual.stage = subject.stage
    and usual.school_id is not distinct from subject.school_id
    and usual.cohort is not distinct from subject.cohort
left join last_year
    on subject.term = '$census_term' and last_year.school_year = subject.school_year
    and last_year.county_code = subject.county_code and last_year.stage = subject.stage
    and last_year.school_id is not distinct from subject.school_id
    and last_year.cohort is not distinct from subject.cohort
left join arrived
    on subject.term = '$census_term' and arrived.school_year = subject.school_year
    and arrived.county_code = subject.county_code and arrived.stage = subject.stage
left join census
    on census.school_year = subject.school_year and census.county_code = subject.county_code
    and census.stage = subject.stage and census.school_id is not distinct from subject.school_id
    and census.cohort is not distinct from subject.cohort
left join census as prev_census
    on prev_census.school_year = subject.school_year - 1
    and prev_census.county_code = subject.county_code and prev_census.stage = subject.stage
    and prev_census.school_id is not distinct from subject.school_id
    and prev_census.cohort is not distinct from subject.cohort
left join place
    on place.school_year = subject.school_year and place.county_code = subject.county_code
    and place.school_id is not distinct from subject.school_id
left join (
    select school_year, school_id from succession where school_id is not null
    union
    select school_year, successor_school_id from succession where successor_school_id is not null
) as reorganised
    on reorganised.school_id = subject.school_id and reorganised.school_year = subject.school_year
left join place as county
    on county.school_year = subject.school_year and county.county_code = subject.county_code
    and county.school_id is null
