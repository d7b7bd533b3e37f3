-- depends_on: {{ ref('indicator') }}
-- depends_on: {{ ref('indicator_term') }}
-- depends_on: {{ ref('int_evaluated_section') }}
{%- set indicators = indicators() %}

with figure as (
    {%- for indicator in indicators %}
    select
        school_year,
        county_code,
        county_name,
        region_code,
        school_id,
        school_name,
        stage,
        urban_rural,
        is_public,
        '{{ indicator.indicator_id }}' as indicator_id,
        {{ indicator.multiplier }} as multiplier,
        {{ indicator.key }} as numerator,
        {{ indicator.key }}_trouble as trouble,
        pupils,
        pupils_status,
        {{ indicator.denominator }} as denominator,
        {{ indicator.denominator }}_status as denominator_status,
        coalesce(
            {{ list_holds('taints', "'" ~ indicator.indicator_id ~ "'") }}
            or {{ list_holds('taints', "'all'") }},
            false
        ) as is_tainted
    from {{ ref('int_evaluated_section') }}
    where {{ list_holds('standards', "'" ~ indicator.standard_id ~ "'") }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        figure.*,
        in_force.standard_id,
        in_force.threshold,
        in_force.floor_value,
        case
            when figure.pupils is null then figure.pupils_status
            when figure.pupils = 0 then 'no_pupils'
            when figure.trouble is not null then figure.trouble
            when figure.denominator is null then figure.denominator_status
            when figure.denominator = 0 then 'no_denominator'
            when figure.numerator = 0 then 'zero'
            else 'reported'
        end as value_status
    from figure
    inner join {{ ref('int_standard_in_force') }} as in_force
        on
            figure.school_year = in_force.school_year
            and figure.region_code = in_force.region_code
            and figure.stage = in_force.stage
            and figure.indicator_id = in_force.indicator_id
    where in_force.includes_private or coalesce(figure.is_public, true)
),

valued as (
    select
        *,
        case
            when value_status in ('reported', 'zero')
                then {{ safe_divide('multiplier * numerator', 'denominator') }}
        end as value
    from judged
)

select
    school_year,
    county_code,
    county_name,
    school_id,
    school_name,
    stage,
    standard_id,
    indicator_id,
    urban_rural,
    region_code,
    numerator,
    pupils,
    denominator,
    value,
    threshold,
    floor_value as floor,
    case
        when value is null then 'missing'
        when threshold is null then null
        when {{ at_least('value', 'threshold') }} then 'met'
        when {{ at_least('value', 'floor_value') }} then 'floor'
        else 'below'
    end as verdict,
    case when {{ at_least('value', 'threshold') }} then 0.0 else threshold - value end
        as gap_per_pupil,
    case
        when {{ at_least('value', 'threshold') }} then 0.0
        else threshold * denominator / multiplier - numerator
    end as gap_total,
    value_status,
    is_tainted
from valued
