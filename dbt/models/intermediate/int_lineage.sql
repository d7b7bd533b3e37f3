-- Where the pupils of a school are later: one path per chain of reviewed successions.
with recursive told as (
    select school_id, successor_school_id, school_year, share
    from {{ ref('stg_lake__succession') }}
    where school_id is not null and successor_school_id is not null
),

-- The event before each of a school; 0 before the first.
told_year as (
    select
        school_id,
        school_year,
        coalesce(lag(school_year) over (partition by school_id order by school_year), 0) as previous_year
    from (select distinct school_id, school_year from told) as told -- a split is told in several rows
),

event as (
    select
        step.school_id,
        step.successor_school_id,
        step.school_year,
        cast(step.share as double) as share,
        told_year.previous_year
    from (
        select school_id, successor_school_id, school_year, share from told
        union all
        -- Who is not said to have left a split school stayed.
        select school_id, school_id as successor_school_id, school_year, 1 - {{ exact_sum('share') }}
        from told
        group by school_id, school_year
        having
            {{ exact_sum('share') }} < 0.999999 and count(case when school_id = successor_school_id then 1 end) = 0
    ) as step
    inner join told_year
        on step.school_id = told_year.school_id and step.school_year = told_year.school_year
),

chain as (
    select
        school_id as origin_school_id,
        previous_year as seen_from,
        school_year as seen_to,
        successor_school_id as school_id,
        school_year as from_year,
        share,
        successor_school_id <> school_id as has_moved,
        1 as steps
    from event
    union all
    select
        chain.origin_school_id,
        chain.seen_from,
        chain.seen_to,
        event.successor_school_id,
        event.school_year,
        chain.share * event.share,
        event.successor_school_id <> event.school_id,
        chain.steps + 1
    from chain
    inner join event
        on
            chain.school_id = event.school_id
            -- The next event of the school that the pupils came to, the same autumn's too.
            and (
                (
                    chain.has_moved
                    and event.previous_year < chain.from_year
                    and event.school_year >= chain.from_year
                )
                or (
                    not chain.has_moved
                    and event.previous_year <= chain.from_year
                    and event.school_year > chain.from_year
                )
            )
    where chain.steps < 20
),

-- What becomes of a school next, seen from where a chain stands.
next_event as (
    select stand.school_id, stand.from_year, stand.has_moved, min(event.school_year) as school_year
    from (select distinct school_id, from_year, has_moved from chain) as stand -- many chains meet
    inner join event
        on
            stand.school_id = event.school_id
            and (
                event.school_year > stand.from_year
                or (stand.has_moved and event.school_year = stand.from_year)
            )
    group by stand.school_id, stand.from_year, stand.has_moved
),

ended as (
    select chain.*, coalesce(next_event.school_year, 9999) - 1 as to_year
    from chain
    left join next_event
        on
            chain.school_id = next_event.school_id
            and chain.from_year = next_event.from_year
            and chain.has_moved = next_event.has_moved
)

select
    origin_school_id,
    seen_from,
    seen_to,
    school_id,
    from_year,
    to_year,
    {{ exact_sum('share') }} as share
from ended
where to_year >= from_year
group by origin_school_id, seen_from, seen_to, school_id, from_year, to_year
