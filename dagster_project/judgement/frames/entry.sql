-- one row per row or cell of a file that its reader set aside as doubtful (relation `doubtful_entry`)
create or replace table frame_entry as
with
delivered as (
    select sha256, min(path) as path
    from delivery
    where accepted
    group by sha256
),
-- what the census says of a school that the return names by its id only
school as (
    select
        school_id,
        arg_max(county_code, school_year) as county_code,
        arg_max(county_name, school_year) as county_name,
        arg_max(school_name, school_year) as school_name
    from judged_section
    where school_id in (select school_id from doubtful_entry)
    group by school_id
)
select
    entry.school_year,
    entry.term,
    coalesce(entry.county_code, school.county_code) as county_code,
    coalesce(entry.county_name, school.county_name) as county_name,
    entry.school_id,
    coalesce(entry.school_name, school.school_name) as school_name,
    entry.stage,
    entry.sha256,
    entry.sheet,
    entry.source_row,
    null::varchar as profile,
    null::varchar as vintage,
    null::varchar as standards,
    entry.part,
    entry.part_zh,
    entry.field_id,
    entry.token,
    entry.cell,
    entry.taints,
    concat_ws('!', entry.sheet, entry.cell) as place,
    coalesce(entry.sentence_zh, entry.sentence) as said,
    entry.rows,
    delivered.path,
    null::varchar as frame_note
from doubtful_entry as entry
left join delivered using (sha256)
left join school using (school_id)
where entry.school_year between $first and $last
