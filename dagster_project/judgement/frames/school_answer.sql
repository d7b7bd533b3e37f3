-- one row per school year, term, school and stage that was answered for; the items of the whole
-- school stand in a row of their own, without a stage, beside the census of all its stages
create or replace table frame_school_answer as
with
census_row as not materialized (
    select judged_section.*
    from judged_section
    anti join section_repeat using (row_id)
    where term = '$census_term' and school_year between $before and $last
        and (
            county_code in (select county_code from answer)
            or school_id in (select school_id from answer)
        )
),
census as (
    select
        school_year, school_id, stage,
        any_value(county_code) as county_code,
        any_value(county_name) as county_name,
        any_value(school_name) as school_name,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards,
        any_value(school_type_code) as school_type_code,
        any_value(sponsor_code) as sponsor_code,
        any_value(urban_rural_code) as urban_rural_code,
        $census
        count(*) as census_sections
    from census_row
    group by grouping sets ((school_year, school_id, stage), (school_year, school_id))
),
county as (
    select
        school_year, county_code,
        any_value(county_name) as county_name,
        any_value(standards) as standards,
        any_value(vintage) as vintage
    from census_row
    group by school_year, county_code
),
answered as (
    select
        school_year, term, county_code, school_id, stage,
        any_value(county_name) as county_name,
        min(sha256) as sha256,
        $answers
        count(*) as answers
    from answer
    where school_id is not null and school_year between $before and $last
    group by school_year, term, county_code, school_id, stage
)
select
    answered.school_year,
    answered.term,
    answered.county_code,
    coalesce(county.county_name, answered.county_name) as county_name,
    answered.school_id,
    coalesce(census.school_name, school.school_name) as school_name,
    answered.stage,
    answered.sha256,
    null::varchar as sheet,
    null::integer as source_row,
    census.profile,
    coalesce(census.vintage, county.vintage) as vintage,
    coalesce(census.standards, county.standards) as standards,
    coalesce(census.school_type_code, school.school_type_code) as school_type_code,
    coalesce(census.sponsor_code, school.sponsor_code) as sponsor_code,
    coalesce(census.urban_rural_code, school.urban_rural_code) as urban_rural_code,
    county.county_code is not null as county_has_census,
    school.school_id is not null as school_has_census,
    census.school_id is not null as has_census,
    school.county_code as census_county_code,
    prev.school_id is not null as has_prev,
    $columns
    null::varchar as frame_note
from answered
left join census
    on census.school_id = answered.school_id and census.school_year = answered.school_year
    and census.stage is not distinct from answered.stage
left join census as school
    on school.school_id = answered.school_id and school.school_year = answered.school_year
    and school.stage is null
left join county
    on county.county_code = answered.county_code and county.school_year = answered.school_year
left join answered as prev
    on prev.school_id = answered.school_id and prev.stage is not distinct from answered.stage
    and prev.term = answered.term and prev.school_year = answered.school_year - 1
    and prev.county_code = answered.county_code
left join census as prev_census
    on prev_census.school_id = answered.school_id
    and prev_census.school_year = answered.school_year - 1
    and prev_census.stage is not distinct from answered.stage
where answered.school_year between $first and $last
