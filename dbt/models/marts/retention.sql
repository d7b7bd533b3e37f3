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
    stated.graduation_year as school_year,
    stated.county_code,
    county.county_name,
    stated.school_id,
    school.school_name,
    stated.stage,
    stated.years as cohort_years,
    stated.graduation_year - stated.years as cohort,
    stated.entrants,
    stated.transfers_in,
    stated.transfers_out,
    stated.resumed,
    stated.suspended,
    stated.deaths,
    stated.dropouts,
    stated.completions,
    stated.still_enrolled,
    stated.arrivals,
    stated.graduates,
    case
        when stated.told_status in ('reported', 'estimated') then stated.chosen_formula
        when stated.told_status = 'capped' then cast(1 as double)
    end as retention,
    case
        when stated.told_status in ('reported', 'estimated') then stated.other_formula
        when stated.told_status = 'capped' then cast(1 as double)
    end as retention_alternative,
    case
        when stated.told_status in ('reported', 'estimated', 'capped', 'above_one') then stated.chosen_formula
    end as retention_uncapped,
    stated.flow_balance,
    cast(stated.semesters as integer) as semesters,
    stated.basis as source,
    stated.told_status as status
from stated
left join (
    select coalesce(code.county_code, place.county_code) as county_code, max(place.county_name) as county_name
    from {{ ref('dim_section') }} as place
    left join {{ ref('stg_lake__county_code') }} as code on place.county_code = code.old_code
    group by coalesce(code.county_code, place.county_code)
) as county on stated.county_code = county.county_code
left join (
    select school_id, max_by(school_name, school_year) as school_name
    from {{ ref('dim_school') }}
    group by school_id
) as school on stated.school_id = school.school_id
