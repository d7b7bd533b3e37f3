-- Where the pupils of a school are later: one path per chain of reviewed successions.
with recursive told as (
    select school_id, successor_school_id, school_year, share
    from {{ ref('stg_lake__succession') }}
    where school_id is not null and successor_school_id is not null
),

event as (
    select
        school_id,
        successor_school_id,
        school_year,
        cast(share as double) as share,
        -- The event before this one of the same school; 0 if it is the first.
        coalesce(
            (
                select max(earlier.school_year)
                from told as earlier
                where earlier.school_id = step.school_id and earlier.school_year < step.school_year
            ),
            0
        ) as previous_year
    from (
        select school_id, successor_school_id, school_year, share from told
        union all
        -- Who is not said to have left a split school stayed.
        select school_id, school_id, school_year, 1 - sum(share)
        from told
        group by school_id, school_year
        having
            sum(share) < 0.999999 and count(case when school_id = successor_school_id then 1 end) = 0
    ) as step
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

ended as (
    select
        chain.*,
        coalesce(
            (
                select min(event.school_year)
                from event
                where
                    chain.school_id = event.school_id
                    and (
                        event.school_year > chain.from_year
                        or (
                            chain.has_moved
                            and event.school_year = chain.from_year
                        )
                    )
            ),
            9999
        ) - 1 as to_year
    from chain
)

select
    origin_school_id,
    seen_from,
    seen_to,
    school_id,
    from_year,
    to_year,
    sum(share) as share
from ended
where to_year >= from_year
group by origin_school_id, seen_from, seen_to, school_id, from_year, to_year
