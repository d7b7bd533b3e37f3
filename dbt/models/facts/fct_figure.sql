{{ config(alias='figure') }}
{%- set indicators = indicators() %}
{%- set standards = indicators | map(attribute='standard_id') | unique | list %}
{%- set denominators = indicators | map(attribute='denominator') | unique | list %}

with in_force as (
    -- The rules of a year and region side by side: joined to 200,000 sections instead of millions of
    -- figures.
    select
        school_year,
        region_code,
        stage
        {%- for indicator in indicators %},
        max(case when indicator_id = '{{ indicator.indicator_id }}' then threshold end)
            as {{ indicator.key }}_threshold,
        max(case when indicator_id = '{{ indicator.indicator_id }}' then floor_value end)
            as {{ indicator.key }}_floor,
        bool_or(case when indicator_id = '{{ indicator.indicator_id }}' then includes_private end)
            as {{ indicator.key }}_includes_private
        {%- endfor %}
    from {{ ref('int_standard_in_force') }}
    group by school_year, region_code, stage
),

section as (
    select
        section.section_no,
        evaluated.pupils,
        {{ enum_of('evaluated.pupils_status', 'value_status') }} as pupils_status,
        {%- for denominator in denominators if denominator != 'pupils' %}
        evaluated.{{ denominator }},
        {{ enum_of('evaluated.' ~ denominator ~ '_status', 'value_status') }} as {{ denominator }}_status,
        {%- endfor %}
        {%- for standard in standards %}
        {{ list_holds('evaluated.standards', "'" ~ standard ~ "'") }} as is_under_{{ standard }},
        {%- endfor %}
        coalesce(evaluated.is_public, true) as is_public,
        evaluated.taints,
        {{ list_holds('evaluated.taints', "'all'") }} as is_all_tainted
        {%- for indicator in indicators %},
        evaluated.{{ indicator.key }},
        {{ enum_of('evaluated.' ~ indicator.key ~ '_trouble', 'value_status') }} as {{ indicator.key }}_trouble,
        in_force.{{ indicator.key }}_threshold,
        in_force.{{ indicator.key }}_floor,
        in_force.{{ indicator.key }}_includes_private
        {%- endfor %}
    from {{ ref('int_evaluated_section') }} as evaluated
    inner join {{ ref('key_section') }} as section
        on
            evaluated.school_year = section.school_year
            and evaluated.school_id = section.school_id
            and {{ enum_of('evaluated.stage', 'stage') }} = section.stage
    inner join in_force
        on
            evaluated.school_year = in_force.school_year
            and evaluated.region_code = in_force.region_code
            and evaluated.stage = in_force.stage
),

{% set entries = [] -%}
{%- for indicator in indicators -%}
  {%- do entries.append({
    'standard_id': enum_of("'" ~ indicator.standard_id ~ "'", 'standard'),
    'indicator_id': enum_of("'" ~ indicator.indicator_id ~ "'", 'indicator'),
    'multiplier': 'cast(' ~ indicator.multiplier ~ ' as double)',
    'numerator': indicator.key,
    'trouble': indicator.key ~ '_trouble',
    'denominator': indicator.denominator,
    'denominator_status': indicator.denominator ~ '_status',
    'threshold': indicator.key ~ '_threshold',
    'floor_value': indicator.key ~ '_floor',
    'is_tainted': 'coalesce(is_all_tainted or ' ~ list_holds('taints', "'" ~ indicator.indicator_id ~ "'")
        ~ ', false)',
    'is_measured': 'is_under_' ~ indicator.standard_id ~ ' and ' ~ indicator.key
        ~ '_includes_private is not null and (' ~ indicator.key ~ '_includes_private or is_public)',
  }) -%}
{%- endfor -%}
figure as (
    {{ unpivot('section', ['section_no', 'pupils', 'pupils_status'], entries) }}
),

judged as (
    select
        *,
        case
            when pupils is null then pupils_status
            when pupils = 0 then {{ enum_of("'no_pupils'", 'value_status') }}
            when trouble is not null then trouble
            when denominator is null then denominator_status
            when denominator = 0 then {{ enum_of("'no_denominator'", 'value_status') }}
            when numerator = 0 then {{ enum_of("'zero'", 'value_status') }}
            else {{ enum_of("'reported'", 'value_status') }}
        end as value_status
    from figure
    where is_measured
),

valued as (
    select
        *,
        case
            when value_status in (
                {{ enum_of("'reported'", 'value_status') }}, {{ enum_of("'zero'", 'value_status') }}
            )
                then {{ safe_divide('multiplier * numerator', 'denominator') }}
        end as value
    from judged
)

select
    section_no,
    standard_id,
    indicator_id,
    numerator,
    denominator,
    value,
    threshold,
    floor_value as floor,
    case
        when value is null then {{ enum_of("'missing'", 'verdict') }}
        when threshold is null then null
        when {{ at_least('value', 'threshold') }} then {{ enum_of("'met'", 'verdict') }}
        when {{ at_least('value', 'floor_value') }} then {{ enum_of("'floor'", 'verdict') }}
        else {{ enum_of("'below'", 'verdict') }}
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
