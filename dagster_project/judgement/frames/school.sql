-- one row per school year, term and school: its sections side by side
create or replace table frame_school as
with
standing as not materialized (
    select judged_section.*
    from judged_section
    anti join section_repeat using (row_id)
),
school as (
    select
        school_year, term, school_id,
        any_value(county_code) as county_code,
        any_value(county_name) as county_name,
        any_value(school_name) as school_name,
        min(stage) as stage,
        arg_min(sha256, stage) as sha256,
        arg_min(sheet, stage) as sheet,
        arg_min(source_row, stage) as source_row,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards,
        any_value(school_type_code) as school_type_code,
        any_value(sponsor_code) as sponsor_code,
        any_value(urban_rural_code) as urban_rural_code,
        any_value(school_type_label) as school_type_label,
        any_value(sponsor_label) as sponsor_label,
        any_value(urban_rural_label) as urban_rural_label,
        bool_or(county_is_named) as county_is_named,
        list_unique(list(urban_rural_code)) as urban_rural_codes,
        list_unique(list(sponsor_code)) as sponsor_codes,
        bool_or(is_counted) as is_counted,
        bool_or(is_new) as is_new,
        bool_or(was_closed) as was_closed,
        list_unique(list(county_code)) as counties,
        list_unique(list(school_type_code)) as school_types,
        list_unique(list(school_name)) as school_names,
        count(*) as sections,
        bool_or(stage = 'primary') as reports_primary,
        bool_or(stage = 'junior') as reports_junior,
        $stages as stages,
        $aggregates
        min(pupils) as pupils_smallest_section
    from standing
    where school_year between $first and $last
    group by school_year, term, school_id
),
before as (
    select
        school_year, term, school_id,
        any_value(county_code) as county_code,
        any_value(school_type_code) as school_type_code,
        bool_or(was_closed) as was_closed,
        $before_aggregates
        $stages as stages
    from standing
    where school_year between $long_before and $last - 1
    group by school_year, term, school_id
),
-- the county that the school wrote down, which may be none
reported as (
    select
        school.school_year, school.term, school.school_id,
        coalesce(counted_county.reported_code, school.county_code) as reported_county_code,
        counted_county.county_code is not null as counts_elsewhere
    from school
    left join counted_county
        on counted_county.school_id = school.school_id
        and counted_county.school_year = school.school_year
        and counted_county.term = school.term
),
place as (
    select
        asked.reported_county_code,
        asked.school_year,
        count(known_place.code) > 0 as is_known,
        bool_or(asked.school_year between known_place.from_year and known_place.to_year)
            as is_in_force,
        arg_max(known_place.name, known_place.to_year) as name,
        list(known_place.name) as names,
        min(known_place.from_year) as from_year,
        max(known_place.to_year) as to_year
    from (select distinct reported_county_code, school_year from reported) as asked
    left join known_place
        on known_place.code = asked.reported_county_code
    group by asked.reported_county_code, asked.school_year
),
-- names that only one county of a province bears
namesake as (
    select left(code, 2) as province, name, min(code) as code
    from known_place
    where name is not null
    group by left(code, 2), name
    having count(distinct code) = 1
)
select
    school.*,
    prev_row.school_id is not null as has_prev,
    prev_row.stages as prev_stages,
    prev_row.county_code as prev_county_code,
    prev_row.school_type_code as prev_school_type_code,
    prev_row.was_closed as prev_was_closed,
    prev2_row.county_code as prev2_county_code,
    prev2_row.school_type_code as prev2_school_type_code,
    school_event.school_id is not null as has_succession,
    reported.reported_county_code,
    reported.counts_elsewhere,
    coalesce(school.county_is_named, false) or place.is_known as county_is_known,
    coalesce(school.county_is_named, false) or place.is_in_force as county_is_in_force,
    place.name as county_listed_name,
    place.from_year as county_code_from,
    place.to_year as county_code_to,
    -- not of a code that a profile lists, nor of a school of the city itself
    if(
        list_contains(place.names, school.county_name) or coalesce(school.county_is_named, false)
        or right(reported.reported_county_code, 2) = '00', null, namesake.code
    ) as county_code_of_name,
    type_word.code as school_type_said,
    sponsor_word.code as sponsor_said,
    area_word.code as urban_rural_said,
    coalesce(area_word.area, area_said.urban_rural) as area_said,
    urban_rural.urban_rural as area,
    point.parent_school_id,
    parent.school_id is not null as has_parent,
    parent.county_code as parent_county_code,
    parent.school_type_code as parent_school_type_code,
    parent_type.is_teaching_point as parent_is_teaching_point,
    school_type.school_type_code is not null as type_is_known,
    school_type.is_assessed as type_is_assessed,
    school_type.is_counted as type_is_counted,
    school_type.is_teaching_point as is_teaching_point,
    school_type.has_primary as type_has_primary,
    school_type.has_junior as type_has_junior,
    school_type.has_senior as type_has_senior,
    school_type.name_zh as school_type_name,
    -- 职业初中 (32x) and 专门学校 have junior pupils although they are not assessed
    left(school.school_type_code, 2) = '32' or school_type.kind = 'correctional' as type_may_be_junior,
    sponsor.sponsor_code is not null as sponsor_is_known,
    urban_rural.urban_rural_code is not null as urban_rural_is_known,
    $related
    null::varchar as frame_note
from school
left join before as prev_row
    on prev_row.school_id = school.school_id and prev_row.term = school.term
    and prev_row.school_year = school.school_year - 1
left join before as prev2_row
    on prev2_row.school_id = school.school_id and prev2_row.term = school.term
    and prev2_row.school_year = school.school_year - 2
left join school_event
    on school_event.school_id = school.school_id
    and school_event.school_year = school.school_year
left join teaching_point as point
    on point.school_id = school.school_id
    and school.school_year between coalesce(point.from_year, 0) and coalesce(point.to_year, 9999)
left join school as parent
    on parent.school_id = point.parent_school_id and parent.term = school.term
    and parent.school_year = school.school_year
left join school_type on school_type.school_type_code = school.school_type_code
left join school_type as parent_type
    on parent_type.school_type_code = parent.school_type_code
left join sponsor on sponsor.sponsor_code = school.sponsor_code
left join urban_rural on urban_rural.urban_rural_code = school.urban_rural_code
left join reported
    on reported.school_id = school.school_id and reported.term = school.term
    and reported.school_year = school.school_year
left join place
    on place.reported_county_code = reported.reported_county_code
    and place.school_year = school.school_year
left join namesake
    on namesake.name = school.county_name
    and namesake.province = left(reported.reported_county_code, 2)
left join code_word as type_word
    on type_word.kind = 'school_type' and type_word.word = school.school_type_label
left join code_word as sponsor_word
    on sponsor_word.kind = 'sponsor' and sponsor_word.word = school.sponsor_label
left join code_word as area_word
    on area_word.kind = 'urban_rural' and area_word.word = school.urban_rural_label
left join urban_rural as area_said on area_said.urban_rural_code = area_word.code
