-- one row per school year, term and county that answered: its answers, beside them what its schools
-- answered together and the sums of its census
create or replace table frame_answer as
with
census_row as not materialized (
    select
        judged_section.*,
        row_number() over (partition by school_year, school_id order by stage) = 1 as stands_for_school
    from judged_section
    anti join section_repeat using (row_id)
    where term = '$census_term' and stage <> 'senior' and school_year between $before and $last
        and county_code in (select county_code from answer)
),
census as (
    select
        school_year, county_code,
        any_value(county_name) as county_name,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards,
        $census_schools
        $census
        count(*) as census_sections
    from census_row
    group by school_year, county_code
),
answered as (
    select
        school_year, term, county_code,
        any_value(county_name) as county_name,
        min(sha256) as sha256,
        $answers
        count(*) as answers
    from answer
    where school_id is null and school_year between $before and $last
    group by school_year, term, county_code
),
schools_answered as (
    select
        school_year, term, county_code,
        $school_answers
        count(distinct school_id) as schools_that_answered
    from answer
    where school_id is not null and school_year between $before and $last
    group by school_year, term, county_code
)
select
    answered.school_year,
    answered.term,
    answered.county_code,
    coalesce(census.county_name, answered.county_name) as county_name,
    null::varchar as school_id,
    null::varchar as school_name,
    null::varchar as stage,
    answered.sha256,
    null::varchar as sheet,
    null::integer as source_row,
    census.profile,
    census.vintage,
    census.standards,
    census.county_code is not null as has_census,
    prev.county_code is not null as has_prev,
    schools_answered.schools_that_answered,
    $columns
    null::varchar as frame_note
from answered
left join census
    on census.county_code = answered.county_code and census.school_year = answered.school_year
left join schools_answered
    on schools_answered.county_code = answered.county_code
    and schools_answered.school_year = answered.school_year
    and schools_answered.term = answered.term
left join answered as prev
    on prev.county_code = answered.county_code and prev.term = answered.term
    and prev.school_year = answered.school_year - 1
left join census as prev_census
    on prev_census.county_code = answered.county_code
    and prev_census.school_year = answered.school_year - 1
left join schools_answered as prev_schools
    on prev_schools.county_code = answered.county_code and prev_schools.term = answered.term
    and prev_schools.school_year = answered.school_year - 1
where answered.school_year between $first and $last
