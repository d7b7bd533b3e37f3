-- Totals over totals: X̄ of a region is Σ numerators / Σ denominators, and its variance is, exactly,
-- what lies within its counties plus what lies between their means.
with county as (
    select
        coefficient.*,
        indicator.multiplier,
        coalesce(code.county_code, coefficient.county_code) as current_code,
        nation.nation
    from {{ ref('county_coefficient') }} as coefficient
    inner join {{ ref('indicator') }} as indicator on coefficient.indicator_id = indicator.indicator_id
    left join {{ ref('stg_lake__county_code') }} as code on coefficient.county_code = code.old_code
    left join {{ ref('int_nation') }} as nation on coefficient.county_code = nation.county_code
),

placed as (
    -- Digits of a code name a city and a province on the mainland only.
    select county.*, 'city' as level, left(county.current_code, 4) as region_code from county
    where county.nation is null
    union all
    select county.*, 'province', left(county.current_code, 2) from county
    where county.nation is null
    union all
    select county.*, 'nation', coalesce(county.nation, 'CN') from county
),

averaged as (
    select
        *,
        multiplier * {{ safe_divide(
            exact_sum('numerator', 'region'), exact_sum('denominator', 'region')
        ) }} as region_mean
    from placed
    window region as (partition by school_year, level, region_code, stage, standard_id, indicator_id)
),

totalled as (
    select
        school_year,
        level,
        region_code,
        stage,
        standard_id,
        indicator_id,
        count(*) as counties,
        sum(sections) as sections,
        {{ exact_sum('pupils') }} as pupils,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator,
        max(region_mean) as mean,
        {{ exact_sum_of_squares('denominator * std_dev * std_dev') }} as within_counties,
        {{ exact_sum_of_squares('denominator * (mean - region_mean) * (mean - region_mean)') }} as between_counties,
        count(case when verdict = 'met' and coalesce(sections_tainted, 0) = 0 then 1 end) as counties_met,
        count(case when verdict = 'not_met' and coalesce(sections_tainted, 0) = 0 then 1 end) as counties_not_met,
        count(case when verdict in ('met', 'not_met') and sections_tainted > 0 then 1 end) as counties_unverified,
        count(case when verdict = 'missing' then 1 end) as counties_missing
    from averaged
    group by school_year, level, region_code, stage, standard_id, indicator_id
),

spread as (
    select
        *,
        {{ safe_sqrt(safe_divide('within_counties + between_counties', 'denominator')) }}
            as std_dev
    from totalled
)

select
    school_year,
    level,
    region_code,
    stage,
    standard_id,
    indicator_id,
    cast(counties as integer) as counties,
    cast(sections as integer) as sections,
    pupils,
    numerator,
    denominator,
    mean,
    std_dev,
    {{ safe_divide('std_dev', 'mean') }} as cv,
    {{ safe_divide('between_counties', 'within_counties + between_counties') }} as between_counties,
    cast(counties_met as integer) as counties_met,
    cast(counties_not_met as integer) as counties_not_met,
    cast(counties_missing as integer) as counties_missing,
    cast(counties_unverified as integer) as counties_unverified
from spread
