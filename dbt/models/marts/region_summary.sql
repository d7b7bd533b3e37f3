{%- set unverified = "case when items_unverified > 0 then 'unverified' end, satisfaction_verdict, veto_verdict" -%}
with placed as (
    select
        verdict.*,
        level.level,
        case level.level
            when 'city' then left(county.current_county_code, 4)
            when 'province' then left(county.current_county_code, 2)
            else 'CN'
        end as region_code
    from {{ ref('county_verdict') }} as verdict
    inner join {{ ref('int_county') }} as county
        on verdict.school_year = county.school_year and verdict.county_code = county.county_code
    cross join (
        select 'city' as level
        union all
        select 'province'
        union all
        select 'nation'
    ) as level
),

summed as (
    select
        school_year,
        level,
        region_code,
        standard_id,
        count(*) as counties,
        count(case when attains then 1 end) as counties_attaining,
        count(case when not attains then 1 end) as counties_not_attaining,
        count(case when attains is null then 1 end) as counties_open,
        count(case when attains is null and 'unverified' in ({{ unverified }}) then 1 end) as counties_unverified,
        sum(items_met) as items_met,
        sum(items_total) as items_total,
        {{ dbt.listagg(
            "case when attains then coalesce(county_name, county_code) end", "'、'", 'order by county_code'
        ) }} as ready_counties
    from placed
    group by school_year, level, region_code, standard_id
)

select
    school_year,
    level,
    region_code,
    standard_id,
    cast(counties as integer) as counties,
    cast(counties_attaining as integer) as counties_attaining,
    cast(counties_not_attaining as integer) as counties_not_attaining,
    cast(counties_open as integer) as counties_open,
    cast(counties_unverified as integer) as counties_unverified,
    {{ safe_divide('counties_attaining', 'counties') }} as attaining_share,
    {{ safe_divide('items_met', 'items_total') }} as items_met_share,
    cast(rank() over (
        partition by school_year, level, standard_id
        order by
            {{ safe_divide('counties_attaining', 'counties') }} desc,
            {{ safe_divide('items_met', 'items_total') }} desc
    ) as integer) as rank_at_level,
    ready_counties
from summed
