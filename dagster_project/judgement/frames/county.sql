-- one row per school year, term, county and stage
create or replace table frame_county as
with
standing as not materialized (
    select judged_section.*, urban_rural.urban_rural as area
    from judged_section
    anti join section_repeat using (row_id)
    left join urban_rural
        on urban_rural.urban_rural_code = judged_section.urban_rural_code
    where school_year between $long_before and $last
),
school_total as (
    select
        school_year, term, county_code, stage,
        any_value(county_name) as county_name,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards,
        any_value(sha256) as sha256,
        -- a school just closed stands in the census once more, without pupils
        count(*) filter (where not coalesce(was_closed, false) or pupils > 0) as schools,
        count(distinct sha256) as files,
        count(urban_rural_code) as area_coded,
        count(sponsor_code) as sponsor_coded,
        count(*) filter (where area is null) as area_unknown,
        sum(pupils) filter (where area = 'urban') as pupils_urban,
        sum(pupils) filter (where area = 'town') as pupils_town,
        sum(pupils) filter (where area = 'rural') as pupils_rural,
        sum(pupils) filter (where area is null) as pupils_area_unknown,
        sum(pupils) filter (where sponsor_code = '999') as pupils_private,
        sum(pupils) filter (where sponsor_code <> '999') as pupils_public,
        sum(pupils) filter (where sponsor_code is null) as pupils_sponsor_unknown,
        count(*) filter (where pupils is null and not coalesce(was_closed, false))
            as schools_without_pupil_figure,
        $aggregates
        count(*) filter (where was_closed) as schools_marked_closed,
        count(*) filter (where is_new) as schools_marked_new
    from standing
    group by school_year, term, county_code, stage
),
come_and_gone as (
    select
        coalesce(this.school_year, last.school_year + 1) as school_year,
        coalesce(this.term, last.term) as term,
        coalesce(this.county_code, last.county_code) as county_code,
        coalesce(this.stage, last.stage) as stage,
        count(*) filter (where this.school_id is null and last.pupils > 0) as schools_gone,
        count(*) filter (where last.school_id is null) as schools_come,
        -- as the reviewed successions tell: merged into others or closed, new or split off
        count(*) filter (
            where happened.school_id is not null
                and last.pupils > 0 and coalesce(this.pupils, 0) = 0
        ) as schools_ended,
        count(*) filter (where happened.school_id is not null and last.school_id is null)
            as schools_begun,
        count(*) filter (
            where happened.school_id is null and this.school_id is null and last.pupils > 0
        ) as schools_lost,
        sum(last.pupils) filter (where this.school_id is null) as pupils_gone
    from (from standing where school_year >= $first) as this
    full join (from standing where school_year between $before and $last - 1) as last
        on last.school_id = this.school_id and last.stage = this.stage
        and last.term = this.term and last.school_year = this.school_year - 1
    left join school_event as happened
        on happened.school_id = coalesce(this.school_id, last.school_id)
        and happened.school_year = coalesce(this.school_year, last.school_year + 1)
    group by all
)
select
    school_total.*,
    null::varchar as school_id,
    null::varchar as school_name,
    null::varchar as sheet,
    null::integer as source_row,
    prev.school_year is not null as has_prev,
    prev.schools as prev_schools,
    come_and_gone.schools_gone,
    come_and_gone.schools_come,
    come_and_gone.schools_ended,
    come_and_gone.schools_begun,
    come_and_gone.schools_lost,
    prev2.schools as prev2_schools,
    come_and_gone.pupils_gone,
    $related
    null::varchar as frame_note
from school_total
left join school_total as prev
    on prev.county_code = school_total.county_code and prev.stage = school_total.stage
    and prev.term = school_total.term and prev.school_year = school_total.school_year - 1
left join school_total as prev2
    on prev2.county_code = school_total.county_code and prev2.stage = school_total.stage
    and prev2.term = school_total.term and prev2.school_year = school_total.school_year - 2
left join school_total as sibling
    on sibling.county_code = school_total.county_code
    and sibling.stage = if(school_total.stage = 'primary', 'junior', 'primary')
    and school_total.stage <> 'senior'
    and sibling.term = school_total.term and sibling.school_year = school_total.school_year
left join come_and_gone
    on come_and_gone.county_code = school_total.county_code
    and come_and_gone.stage = school_total.stage and come_and_gone.term = school_total.term
    and come_and_gone.school_year = school_total.school_year
where school_total.school_year between $first and $last
