-- Only figures that can be added up: totals over totals, never means of means.
-- Digits of a code name a city and a province on the mainland only.
with county as (
    select trend.*, nation.nation
    from {{ ref('trend') }} as trend
    left join {{ ref('int_nation') }} as nation on trend.county_code = nation.county_code
    where trend.numerator is not null
),

placed as (
    select *, 'city' as level, left(county_code, 4) as region_code from county
    where nation is null
    union all
    select *, 'province', left(county_code, 2) from county
    where nation is null
    union all
    select *, 'nation', coalesce(nation, 'CN') from county
),

totalled as (
    select
        school_year,
        level,
        region_code,
        stage,
        item_id,
        max(item_name) as item_name,
        max(unit) as unit,
        count(*) as counties,
        count(case when is_tainted then 1 end) as counties_tainted,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator,
        case
            when count(denominator) = count(*)
                then max(multiplier) * {{ safe_divide(exact_sum('numerator'), exact_sum('denominator')) }}
            when count(denominator) = 0 then {{ exact_sum('numerator') }}
        end as value,
        -- The limit of the region, if all its counties have the same.
        case when min(threshold) = max(threshold) and count(threshold) = count(*) then max(threshold) end
            as threshold
    from placed
    group by school_year, level, region_code, stage, item_id
)

select
    school_year,
    level,
    region_code,
    stage,
    item_id,
    item_name,
    unit,
    cast(counties as integer) as counties,
    cast(counties_tainted as integer) as counties_tainted,
    numerator,
    denominator,
    value,
    threshold,
    value - threshold as margin
from totalled
where value is not null
