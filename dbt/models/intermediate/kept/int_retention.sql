{%- set formula = setting('retention_formula') %}
{%- set other = 'a' if formula == 'b' else 'b' %}

with stated as (
    select
        *,
        formula_{{ formula }} as chosen_formula,
        formula_{{ other }} as other_formula,
        case
            when school_id is not null and entrants < {{ setting('retention_min_cohort') }}
                and status not in ('no_flows', 'incomplete')
                then 'small_cohort'
            else status
        end as told_status
    from {{ ref('int_cohort') }}
    where is_chosen
)

select
    graduation_year as school_year,
    county_code,
    school_id,
    stage,
    years as cohort_years,
    graduation_year - years as cohort,
    entrants,
    transfers_in,
    transfers_out,
    resumed,
    suspended,
    deaths,
    dropouts,
    completions,
    still_enrolled,
    arrivals,
    graduates,
    case
        when told_status in ('reported', 'estimated') then chosen_formula
        when told_status = 'capped' then cast(1 as double)
    end as retention,
    case
        when told_status in ('reported', 'estimated') then other_formula
        when told_status = 'capped' then cast(1 as double)
    end as retention_alternative,
    case
        when told_status in ('reported', 'estimated', 'capped', 'above_one') then chosen_formula
    end as retention_uncapped,
    flow_balance,
    cast(semesters as integer) as semesters,
    basis as source,
    told_status as status
from stated
