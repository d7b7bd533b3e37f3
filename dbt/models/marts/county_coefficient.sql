{%- set clean = 'case when figure.value is not null and not figure.is_tainted then ' -%}
with total as (
    select
        figure.school_year,
        figure.county_code,
        figure.stage,
        figure.indicator_id,
        min(figure.county_name) as county_name,
        min(figure.standard_id) as standard_id,
        min(figure.region_code) as region_code,
        count(figure.value) as sections,
        count(*) - count(figure.value) as sections_missing,
        count(case when figure.is_tainted then 1 end) as sections_tainted,
        count(case when figure.is_tainted and figure.value is null then 1 end) as missing_tainted,
        {{ exact_sum('case when figure.value is not null then figure.pupils end') }} as pupils,
        {{ exact_sum('case when figure.value is not null then figure.denominator end') }} as denominator,
        {{ exact_sum('case when figure.value is not null then figure.numerator end') }} as numerator,
        {{ exact_sum(clean ~ 'figure.denominator end') }}
            as clean_denominator,
        {{ exact_sum(clean ~ 'figure.numerator end') }}
            as clean_numerator
    from {{ ref('fct_school_indicator') }} as figure
    where figure.value_status <> 'no_pupils'
    group by figure.school_year, figure.county_code, figure.stage, figure.indicator_id
),

average as (
    select
        total.*,
        in_force.cv_limit,
        -- X̄: the ratio of the totals, which is the mean of the sections weighted by their pupils.
        {{ safe_divide('indicator.multiplier * total.numerator', 'total.denominator') }} as mean,
        {{ safe_divide('indicator.multiplier * total.clean_numerator', 'total.clean_denominator') }}
            as clean_mean
    from total
    inner join {{ ref('indicator') }} as indicator
        on total.indicator_id = indicator.indicator_id
    inner join {{ ref('int_standard_in_force') }} as in_force
        on
            total.school_year = in_force.school_year
            and total.region_code = in_force.region_code
            and total.stage = in_force.stage
            and total.indicator_id = in_force.indicator_id
),

-- A second pass over the sections: the sum of squares minus the squared mean would lose digits.
deviation as (
    select
        figure.school_year,
        figure.county_code,
        figure.stage,
        figure.indicator_id,
        {{ exact_sum_of_squares(
            'figure.denominator * (figure.value - average.mean) * (figure.value - average.mean)'
        ) }} as squares,
        {{ exact_sum_of_squares(
            'case when not figure.is_tainted then figure.denominator end'
            ~ ' * (figure.value - average.clean_mean) * (figure.value - average.clean_mean)'
        ) }} as clean_squares
    from {{ ref('fct_school_indicator') }} as figure
    inner join average
        on
            figure.school_year = average.school_year
            and figure.county_code = average.county_code
            and figure.stage = average.stage
            and figure.indicator_id = average.indicator_id
    where figure.value is not null
    group by figure.school_year, figure.county_code, figure.stage, figure.indicator_id
),

spread as (
    select
        average.*,
        {{ safe_sqrt(safe_divide('deviation.squares', 'average.denominator')) }} as std_dev,
        {{ safe_sqrt(safe_divide('deviation.clean_squares', 'average.clean_denominator')) }}
            as clean_std_dev
    from average
    left join deviation
        on
            average.school_year = deviation.school_year
            and average.county_code = deviation.county_code
            and average.stage = deviation.stage
            and average.indicator_id = deviation.indicator_id
),

coefficient as (
    select
        *,
        {{ safe_divide('std_dev', 'mean') }} as cv,
        {{ safe_divide('clean_std_dev', 'clean_mean') }} as cv_without_tainted
    from spread
)

select
    school_year,
    county_code,
    county_name,
    cast(stage as string) as stage,
    cast(standard_id as string) as standard_id,
    cast(indicator_id as string) as indicator_id,
    cast(sections as integer) as sections,
    cast(sections_missing as integer) as sections_missing,
    cast(sections_tainted as integer) as sections_tainted,
    cast(missing_tainted as integer) as missing_tainted,
    pupils,
    numerator,
    denominator,
    mean,
    std_dev,
    cv,
    cv_limit,
    case
        when cv is null or sections_missing > 0 then 'missing'
        when cv_limit is null then null
        when {{ at_most('cv', 'cv_limit') }} then 'met'
        else 'not_met'
    end as verdict,
    cv_without_tainted
from coefficient
