-- What the reviewed successions say of the years that are judged.
-- school_event: the schools that something happened to in a year, and the share of its pupils that a
-- school kept (1 where it only took over others').
create or replace temp table school_event as
with
told as (
    select school_year, school_id, successor_school_id, coalesce(share, 1) as share
    from succession
    where school_year between $first and $last
),
happened as (
    select
        school_year,
        school_id,
        greatest(
            0,
            1 - sum(if(successor_school_id is not distinct from school_id, 0, share))
        ) as kept
    from told
    where school_id is not null
    group by school_year, school_id
    union all
    select school_year, successor_school_id as school_id, 1 as kept
    from told
    where successor_school_id is not null
)
select school_year, school_id, min(kept) as kept
from happened
group by school_year, school_id;

-- section_gain: what a section took over from others, as they reported it the year before
create or replace temp table section_gain as
select
    succession.school_year,
    last.term,
    succession.successor_school_id as school_id,
    last.stage,
    $gains
    count(*) as predecessors
from succession
join judged_section as last
    on last.school_id = succession.school_id and last.school_year = succession.school_year - 1
anti join section_repeat
    on section_repeat.row_id = last.row_id
where succession.school_year between $first and $last
    and succession.successor_school_id <> succession.school_id
group by succession.school_year, last.term, succession.successor_school_id, last.stage;
