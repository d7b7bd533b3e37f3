with single as (
    select
        coefficient.school_year,
        coefficient.county_code,
        coefficient.stage,
        coefficient.standard_id,
        min(coefficient.county_name) as county_name,
        count(coefficient.cv) as coefficients,
        max(published.indicators) as indicators,
        {{ exact_mean('coefficient.cv') }} as composite_cv,
        count(case when coefficient.verdict = 'met' then 1 end) as met_count,
        count(case when coefficient.verdict = 'not_met' then 1 end) as not_met_count,
        count(case when coefficient.verdict = 'missing' then 1 end) as missing_count
    from {{ ref('county_coefficient') }} as coefficient
    inner join (
        select standard_id, count(*) as indicators
        from {{ ref('indicator') }}
        group by standard_id
    ) as published
        on coefficient.standard_id = published.standard_id
    group by
        coefficient.school_year,
        coefficient.county_code,
        coefficient.stage,
        coefficient.standard_id
),

-- The mean of an incomplete set of coefficients is no composite.
complete as (
    select
        *,
        case when coefficients = indicators then composite_cv end as composite
    from single
)

select
    complete.school_year,
    complete.county_code,
    complete.county_name,
    complete.stage,
    complete.standard_id,
    complete.composite as composite_cv,
    cast(rule.composite_limit as double) as composite_limit,
    cast(complete.met_count as integer) as met_count,
    cast(complete.not_met_count as integer) as not_met_count,
    cast(complete.missing_count as integer) as missing_count,
    case
        when rule.decides_by = 'each' and complete.not_met_count > 0 then 'not_met'
        when complete.missing_count > 0 or complete.composite is null then 'missing'
        when rule.decides_by = 'each' and complete.met_count = complete.indicators then 'met'
        when rule.decides_by = 'composite' and {{ at_most('complete.composite', 'rule.composite_limit') }}
            then 'met'
        when rule.decides_by = 'composite' then 'not_met'
    end as verdict
from complete
inner join {{ ref('standard_rule') }} as rule
    on complete.standard_id = rule.standard_id and complete.stage = rule.stage
where rule.decides_by <> 'none'
