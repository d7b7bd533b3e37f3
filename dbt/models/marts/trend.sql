{# No more than the last bits of a sum: a budget that fell by ten cents fell. -#}
{%- set same = 'abs(compared.value - compared.previous_value) <= 1e-12 * abs(compared.previous_value)' %}

with compared as (
    select
        *,
        lag(value) over (partition by county_code, stage, item_id order by school_year) as previous_value,
        lag(school_year) over (partition by county_code, stage, item_id order by school_year)
            as previous_year
    from {{ ref('int_trend_figure') }}
    where value is not null
)

select
    compared.county_code,
    compared.stage,
    compared.item_id,
    item.name_zh as item_name,
    item.unit,
    compared.school_year,
    compared.value,
    compared.value - compared.previous_value as change,
    case
        when compared.previous_value is null then null
        when {{ same }} then 'same'
        when compared.value > compared.previous_value then 'up'
        else 'down'
    end as direction,
    case
        when compared.previous_value is null or item.better is null then null
        when {{ same }} then 'same'
        -- What the printed decimals do not show is no news, good or bad.
        when abs(compared.value - compared.previous_value) < {{ setting('steady_below') }} * power(10, -item.decimals)
            then 'steady'
        when (compared.value > compared.previous_value) = (item.better = 'higher') then 'better'
        else 'worse'
    end as tendency,
    cast(compared.previous_year as integer) as previous_year,
    compared.numerator,
    compared.denominator,
    cast(compared.multiplier as integer) as multiplier,
    compared.threshold,
    compared.is_tainted
from compared
inner join {{ ref('item') }} as item on compared.item_id = item.item_id
