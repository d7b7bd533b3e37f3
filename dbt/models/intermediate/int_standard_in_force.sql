with asked as (
    select distinct school_year, region_code -- once per year and region with a rule of its own
    from {{ ref('int_evaluated_section') }}
),

candidate as (
    select
        asked.school_year,
        asked.region_code,
        standard.indicator_id,
        standard.stage,
        standard.threshold,
        standard.threshold * standard.floor_ratio as floor_value, -- decimals: exact
        standard.cv_limit,
        row_number() over (
            partition by
                asked.school_year, asked.region_code, standard.indicator_id, standard.stage
            order by {{ order_by_nearest_region('standard') }}
        ) as choice
    from asked
    inner join {{ ref('standard') }} as standard
        on
            {{ is_in_force('standard', 'asked.school_year', 'asked.region_code') }}
)

select
    asked.school_year,
    asked.region_code,
    indicator.indicator_id,
    rule.stage,
    indicator.standard_id,
    rule.includes_private,
    cast(candidate.threshold as double) as threshold,
    cast(candidate.floor_value as double) as floor_value,
    cast(candidate.cv_limit as double) as cv_limit
from asked
cross join {{ ref('indicator') }} as indicator
inner join {{ ref('standard_rule') }} as rule
    on indicator.standard_id = rule.standard_id
left join candidate
    on
        asked.school_year = candidate.school_year
        and asked.region_code = candidate.region_code
        and indicator.indicator_id = candidate.indicator_id
        and rule.stage = candidate.stage
        and candidate.choice = 1
