-- one row per row or cell of a file that its reader set aside as doubtful (relation `doubtful_entry`)
create or replace table frame_entry as
with
delivered as (
    select sha256, min(path) as path
    from delivery
    where accepted
    group by sha256
)
select
    entry.school_year,
    entry.term,
    entry.county_code,
    entry.county_name,
    entry.school_id,
    entry.school_name,
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
where entry.school_year between $first and $last
