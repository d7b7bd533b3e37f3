with school as (
    select
        school.school_year,
        school.school_id,
        school.school_name,
        coalesce(code.county_code, school.county_code) as county_code,
        school.is_new,
        school.was_closed,
        coalesce(replace(school.school_name, coalesce(school.county_name, ''), ''), '') as short_name
    from {{ ref('dim_school') }} as school
    left join {{ ref('stg_lake__county_code') }} as code on school.county_code = code.old_code
),

loaded as (
    select distinct school_year, county_code from school -- the censuses that there are
),

gone as (
    select
        loaded.school_year, school.county_code, school.school_id, school.school_name, school.short_name,
        now.school_id is not null as is_flagged
    from loaded
    inner join school
        on school.county_code = loaded.county_code and school.school_year = loaded.school_year - 1
    left join school as now
        on now.school_year = loaded.school_year and now.school_id = school.school_id
    where (now.school_id is null or now.was_closed) and not coalesce(school.was_closed, false)
),

come as (
    select school.*, coalesce(school.is_new, false) as is_flagged
    from school
    inner join loaded
        on school.county_code = loaded.county_code and loaded.school_year = school.school_year - 1
    left join school as before
        on before.school_year = school.school_year - 1 and before.school_id = school.school_id
    where before.school_id is null and not coalesce(school.was_closed, false)
),

pair as (
    select
        gone.school_year,
        gone.county_code,
        gone.school_id,
        gone.school_name,
        come.school_id as successor_school_id,
        come.school_name as successor_name,
        gone.short_name = come.short_name as has_same_name,
        abs(try_cast(gone.school_id as bigint) - try_cast(come.school_id as bigint))
        <= {{ setting('neighbouring_codes') }} as has_near_code,
        gone.is_flagged,
        come.is_flagged as is_successor_flagged
    from gone
    inner join come on gone.school_year = come.school_year and gone.county_code = come.county_code
),

proposed as (
    select
        school_year, county_code, school_id, school_name, successor_school_id, successor_name,
        case when has_same_name then 'rename' else 'merge' end as kind,
        concat_ws(
            '；',
            case when has_same_name then '校名相同' end,
            case when has_near_code then '标识码相邻' end,
            case when is_flagged then '上年撤销' end,
            case when is_successor_flagged then '本年新增' end
        ) as reason
    from pair
    where has_same_name or has_near_code
    union all
    select
        school_year, county_code, school_id, school_name, null, null, 'closed',
        case when is_flagged then '上年撤销' else '本年未报' end
    from gone
    where not exists (
        select 1 from pair
        where
            pair.school_year = gone.school_year
            and pair.school_id = gone.school_id
            and (pair.has_same_name or pair.has_near_code)
    )
    union all
    select
        school_year, county_code, null, null, school_id, school_name, 'new',
        case when is_flagged then '本年新增' else '上年未报' end
    from come
    where not exists (
        select 1 from pair
        where
            pair.school_year = come.school_year
            and pair.successor_school_id = come.school_id
            and (pair.has_same_name or pair.has_near_code)
    )
)

select
    proposed.school_year,
    proposed.county_code,
    coalesce(proposed.school_id, '') as school_id,
    proposed.school_name,
    coalesce(proposed.successor_school_id, '') as successor_school_id,
    proposed.successor_name,
    proposed.kind,
    proposed.reason
from proposed
-- What somebody has reviewed is proposed no more.
where not exists (
    select 1
    from {{ ref('stg_lake__succession') }} as reviewed
    where
        reviewed.school_year = proposed.school_year
        and (
            reviewed.school_id = proposed.school_id
            or reviewed.successor_school_id = proposed.successor_school_id
        )
)
