{%- set measures = census_measures() %}
{%- set fields = [] %}
{%- for measure in measures %}
  {%- for term in measure.terms if term not in fields and term != 'staff_of_stage' %}
    {%- do fields.append(term) %}
  {%- endfor %}
{%- endfor %}
-- Figures of the census by county and stage, as items of other data. A figure that one school did not report
-- makes the sum unknown; what a form leaves blank beside reported figures is none.
with place as (
    select
        place.school_year, place.county_code, place.school_id, place.stage, place.split_share,
        key.sha256, key.term, key.staff,
        row_number() over (
            partition by place.school_year, place.school_id order by place.stage desc
        ) as stage_no
    from {{ ref('dim_section') }} as place
    inner join {{ ref('int_section') }} as key
        on
            place.school_year = key.school_year
            and place.term = key.term
            and place.school_id = key.school_id
            and place.stage = key.stage
    where
        place.term = '{{ setting("census_term") }}'
        and coalesce(place.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
),

-- Whether a field holds the whole school's figure in each of its sections.
scope as (
    select
        {%- for field in fields %}
        max(case when field_id = '{{ field }}' and scope = 'school' then 1 else 0 end) as {{ field }}_of_school
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ source('lake', 'dictionary') }}
),

section as (
    select
        place.*,
        -- Staff is counted by school: of a school of two stages nobody knows whose it is.
        case when place.split_share = 1 then place.staff end as staff_of_stage,
        case when place.staff is null or place.split_share is null or place.split_share < 1 then 1 else 0 end
            as staff_of_stage_unknown
        {%- for field in fields %},
        figure.{{ field }},
        case when {{ status_of('figure.' ~ field) }} in ('unreadable', 'undefined', 'not_collected') then 1 else 0 end
            as {{ field }}_unknown,
        case when place.stage_no = 1 then 1 else 1 - scope.{{ field }}_of_school end as {{ field }}_counts
        {%- endfor %}
    from place
    cross join scope
    inner join {{ ref('stg_lake__section') }} as figure
        on
            place.sha256 = figure.sha256
            and place.school_year = figure.school_year
            and place.term = figure.term
            and place.school_id = figure.school_id
            and place.stage = figure.stage
),

total as (
    select
        school_year,
        county_code,
        coalesce(stage, '') as stage,
        count(*) as sections
        {%- for field in fields %}
        {%- set counts = field ~ '_counts' %},
        {{ exact_sum("case when " ~ counts ~ " = 1 and " ~ field ~ "_unknown = 0 then " ~ field ~ " end") }}
            as {{ field }},
        sum(case when {{ field }} is not null and {{ field }}_unknown = 0 then {{ counts }} else 0 end)
            as {{ field }}_known,
        sum(case when {{ field }}_unknown = 1 then {{ counts }} else 0 end) as {{ field }}_unknown,
        cast(sum({{ counts }}) as integer) as {{ field }}_parts
        {%- endfor %}
        {#- All staff of a county is that of its schools, each once. #},
        case
            when stage is null then {{ exact_sum('case when stage_no = 1 then staff end') }}
            else {{ exact_sum('staff_of_stage') }}
        end as staff_of_stage,
        count(staff) as staff_of_stage_known,
        case
            when stage is null then sum(case when stage_no = 1 and staff is null then 1 else 0 end)
            else sum(staff_of_stage_unknown)
        end as staff_of_stage_unknown,
        cast(
            case when stage is null then count(case when stage_no = 1 then 1 end) else count(*) end as integer
        ) as staff_of_stage_parts
        {%- for measure in measures if measure.is_count %},
        count(distinct case when {{ measure.terms[0] }} > 0 then school_id end) as {{ measure.terms[0] }}_schools
        {%- endfor %}
    from section
    group by school_year, county_code, rollup(stage)
),

{% set entries = [] -%}
{%- for measure in measures -%}
  {%- set values = [] -%}{%- set unknown = [] -%}{%- set known = [] -%}
  {%- for term in measure.terms -%}
    {%- do values.append('coalesce(' ~ term ~ ', 0)') -%}
    {%- do unknown.append(term ~ '_unknown') -%}
    {%- do known.append(term ~ '_known') -%}
  {%- endfor -%}
  {%- do entries.append({
    'base_id': "'" ~ measure.item_id ~ "'",
    'split_by': "'" ~ (measure.split_by or '') ~ "'",
    'value': 'case when ' ~ (unknown | join(' + ')) ~ ' = 0 and ' ~ (known | join(' + ')) ~ ' > 0 then '
      ~ ('cast(' ~ measure.terms[0] ~ '_schools as double)' if measure.is_count else values | join(' + ')) ~ ' end',
    'parts_known': 'cast(' ~ measure.terms[0] ~ '_parts - ' ~ unknown[0] ~ ' as integer)',
    'parts_expected': measure.terms[0] ~ '_parts',
    'is_asked': (known | join(' + ')) ~ ' > 0',
  }) -%}
{%- endfor -%}
long as (
    {{ unpivot('total', ['school_year', 'county_code', 'stage'], entries) }}
)

select
    long.school_year,
    coalesce(code.county_code, long.county_code) as county_code,
    long.base_id || case when long.stage = '' then '' else '_' || long.stage end as item_id,
    -- Two codes that became one in the middle of a year are one county.
    case when count(long.value) = count(*) then {{ exact_sum('long.value') }} end as value,
    cast(sum(long.parts_known) as integer) as parts_known,
    cast(sum(long.parts_expected) as integer) as parts_expected
from long
left join {{ ref('stg_lake__county_code') }} as code on long.county_code = code.old_code
where long.is_asked and (long.stage = '' or long.split_by = 'stage')
group by
    long.school_year, coalesce(code.county_code, long.county_code),
    long.base_id || case when long.stage = '' then '' else '_' || long.stage end
