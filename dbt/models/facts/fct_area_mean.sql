{{ config(alias='area_mean') }}
with area_total as (
    select
        school_year,
        county_code,
        stage,
        indicator_id,
        coalesce(urban_rural, {{ enum_of("'unknown'", 'urban_rural') }}) as urban_rural,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator
    from {{ ref('fct_school_indicator') }}
    where value is not null
    group by
        school_year,
        county_code,
        stage,
        indicator_id,
        coalesce(urban_rural, {{ enum_of("'unknown'", 'urban_rural') }})
)

select
    area_total.school_year,
    area_total.county_code,
    area_total.stage,
    area_total.indicator_id,
    area_total.urban_rural,
    coefficient.mean,
    -- Σ pupils · S²: what the shares are shares of.
    coefficient.denominator * coefficient.std_dev * coefficient.std_dev as squares,
    {{ safe_divide('indicator.multiplier * area_total.numerator', 'area_total.denominator') }}
        as area_mean
from area_total
inner join {{ ref('county_coefficient') }} as coefficient
    on
        area_total.school_year = coefficient.school_year
        and area_total.county_code = coefficient.county_code
        and area_total.stage = coefficient.stage
        and area_total.indicator_id = coefficient.indicator_id
inner join {{ ref('indicator') }} as indicator
    on area_total.indicator_id = indicator.indicator_id
