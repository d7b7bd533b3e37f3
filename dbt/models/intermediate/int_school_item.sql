{%- set school_parts = item_parts('school') %}
{%- set small_school_parts = item_parts('small_school') %}
{%- set section_parts = item_parts('section') %}

with section as (
    select
        evaluated.school_year,
        evaluated.county_code,
        evaluated.school_id,
        evaluated.school_name,
        evaluated.stage,
        evaluated.pupils,
        evaluated.teachers as census_teachers
    from {{ ref('int_evaluated_section') }} as evaluated
    where {{ list_holds('evaluated.standards', "'2017'") }}
),

school as (
    select
        section.school_year,
        min(section.county_code) as county_code,
        section.school_id,
        max(section.school_name) as school_name,
        case when count(*) = count(section.pupils) then sum(section.pupils) end as pupils,
        -- By its type, whichever of its stages have pupils; the stages tell where the type does not.
        coalesce(bool_or(type.has_primary and type.has_junior), count(*) > 1) as is_combined
    from section
    left join {{ ref('dim_school') }} as place
        on section.school_year = place.school_year and section.school_id = place.school_id
    left join {{ ref('school_type') }} as type on place.school_type_code = type.school_type_code
    group by section.school_year, section.school_id
),

-- G4: a school is what has an id of its own; its teaching points are other places.
own_size as (
    {% if setting('school_size_points') == 'merge' -%}
    select school_year, school_id, pupils from school
    {%- else -%}
    select
        section.school_year,
        section.school_id,
        case when count(*) = count(own.pupils) then sum(own.pupils) end as pupils
    from section
    inner join {{ ref('int_section') }} as own
        on
            section.school_year = own.school_year
            and section.school_id = own.school_id
            and section.stage = own.stage
            and own.term = '{{ setting("census_term") }}'
    group by section.school_year, section.school_id
    {%- endif %}
),

-- What is in doubt; of the classes (G5) class_size says it. A teaching point's teachers and pupils count
-- with those of its parent.
doubt as (
    select
        taint.school_year,
        coalesce(place.evaluated_school_id, taint.school_id) as school_id,
        taint.part_id,
        coalesce(bool_or(taint.stage in ('all', 'primary')), false) as in_primary,
        coalesce(bool_or(taint.stage in ('all', 'junior')), false) as in_junior
    from {{ ref('int_taint') }} as taint
    left join (
        select distinct school_year, school_id, evaluated_school_id -- once per point, whatever its stages
        from {{ ref('dim_section') }}
        where school_id <> evaluated_school_id
    ) as place
        on
            taint.school_year = place.school_year
            and taint.school_id = place.school_id
            {% if setting('school_size_points') != 'merge' %}and taint.item_id <> 'G4'{% endif %}
    where
        taint.school_id <> ''
        and taint.item_id <> 'G5'
        and not taint.is_of_roster
        and (taint.item_id not in ('G3', 'G4') or taint.term = '{{ setting("census_term") }}')
    group by taint.school_year, coalesce(place.evaluated_school_id, taint.school_id), taint.part_id
),

school_answer as (
    select
        school_year,
        school_id,
        {%- for answer in answers_of(school_parts + small_school_parts) %}
        max(case when item_id = '{{ answer }}' then value end) as {{ answer }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_lake__answer') }}
    where school_id <> '' and stage = 'all'
    group by school_year, school_id
),

section_answer as (
    select
        school_year,
        school_id,
        stage,
        {%- for answer in answers_of(section_parts) %}
        max(case when item_id = '{{ answer }}' then value end) as {{ answer }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_lake__answer') }}
    where school_id <> '' and stage <> 'all'
    group by school_year, school_id, stage
),

answered_school as (
    select school.*, {% for answer in answers_of(school_parts + small_school_parts) -%}
      school_answer.{{ answer }}{{ ', ' if not loop.last }}{% endfor %}
    from school
    inner join school_answer
        on school.school_year = school_answer.school_year and school.school_id = school_answer.school_id
),

answered_section as (
    select section.*, {% for answer in answers_of(section_parts) -%}
      section_answer.{{ answer }}{{ ', ' if not loop.last }}{% endfor %}
    from section
    inner join section_answer
        on
            section.school_year = section_answer.school_year
            and section.school_id = section_answer.school_id
            and section.stage = section_answer.stage
),

size as (
    select
        school_year,
        county_code,
        school_id,
        school_name,
        stage,
        classes,
        over_standard,
        is_tainted
    from {{ ref('class_size') }}
    where term = '{{ setting("census_term") }}'
),

told as (
    -- G3
    select
        school.school_year, school.county_code, school.school_id, school.school_name, 'all' as stage,
        room.kind || '_room' as part_id,
        case
            when room.rooms >= room.needed then room.rooms
            when room.rooms_at_most < room.needed then room.rooms_at_most -- whatever is not known of some of them
        end as numerator,
        room.needed as denominator,
        false as is_tainted
    from school
    inner join {{ ref('int_art_room') }} as room
        on school.school_year = room.school_year and school.school_id = room.school_id
    union all
    -- G4
    select
        school.school_year, school.county_code, school.school_id, school.school_name, 'all',
        case when school.is_combined then 'combined_school_size' else 'school_size' end,
        own_size.pupils, cast(null as double), false
    from school
    left join own_size
        on school.school_year = own_size.school_year and school.school_id = own_size.school_id
    union all
    -- G5
    select
        school_year, county_code, school_id, school_name, stage, 'class_' || stage,
        over_standard, cast(null as double), is_tainted
    from size
    where classes is null or classes > 0
    {%- for part in school_parts + small_school_parts %}
    union all
    -- {{ part.item_id }}
    select
        school_year, county_code, school_id, school_name, 'all', '{{ part.part_id }}',
        {{ answer_sum(part.numerators) }},
        {{ answer_sum(part.denominators) if part.denominators else 'cast(null as double)' }}, false
    from answered_school
    where {{ answer_sum(part.numerators) }} is not null
    {%- if part.denominators %} and {{ answer_sum(part.denominators) }} > 0{% endif %}
    {%- if part.level == 'small_school' %} and pupils < 100{% endif %}
    {%- endfor %}
    {%- for part in section_parts %}
    union all
    -- {{ part.item_id }}
    select
        school_year, county_code, school_id, school_name, stage, '{{ part.part_id }}',
        {{ answer_sum(part.numerators) }},
        {{ answer_sum(part.denominators) if part.denominators else 'cast(null as double)' }}, false
    from answered_section
    where {{ answer_sum(part.numerators) }} is not null
    {%- if part.denominators %} and {{ answer_sum(part.denominators) }} > 0{% endif %}
    {%- endfor %}
),

-- What was answered, but so that it cannot be used (unreadable), is in doubt and not unsaid.
figure as (
    select * from told
    union all
    select
        section.school_year, section.county_code, section.school_id, section.school_name,
        case when part.level = 'section' then section.stage else 'all' end,
        part.part_id, cast(null as double), cast(null as double), true
    from section
    inner join doubt on section.school_year = doubt.school_year and section.school_id = doubt.school_id
    inner join {{ ref('item_part') }} as part
        on doubt.part_id = part.part_id and part.level in ('school', 'small_school', 'section')
    left join school on section.school_year = school.school_year and section.school_id = school.school_id
    left join told
        on
            section.school_year = told.school_year
            and section.school_id = told.school_id
            and doubt.part_id = told.part_id
            and told.stage in ('all', section.stage)
    where
        told.school_id is null
        and part.item_id <> 'G4' -- each school has the one or the other
        and part.stage in ('all', section.stage)
        and case section.stage when 'primary' then doubt.in_primary else doubt.in_junior end
        and (part.level <> 'small_school' or school.pupils < 100)
    group by
        section.school_year, section.county_code, section.school_id, section.school_name,
        case when part.level = 'section' then section.stage else 'all' end, part.part_id
),

judged as (
    select
        figure.school_year,
        figure.county_code,
        figure.school_id,
        figure.school_name,
        figure.stage,
        figure.part_id,
        figure.numerator,
        figure.denominator,
        in_force.item_id,
        in_force.threshold,
        in_force.comparator,
        in_force.scale,
        in_force.decimals,
        in_force.wording,
        in_force.what_to_do,
        in_force.gap_unit,
        in_force.gap_decimals,
        case
            when figure.denominator is null then figure.numerator
            else {{ safe_divide('figure.numerator', 'figure.denominator') }}
        end as value,
        figure.is_tainted or coalesce(
            (figure.stage <> 'junior' and doubt.in_primary) or (figure.stage <> 'primary' and doubt.in_junior), false
        ) as is_tainted
    from figure
    inner join {{ ref('int_county') }} as county
        on figure.school_year = county.school_year and figure.county_code = county.county_code
    inner join {{ ref('int_item_in_force') }} as in_force
        on
            county.school_year = in_force.school_year
            and county.region_code = in_force.region_code
            and figure.part_id = in_force.part_id
    left join doubt
        on
            figure.school_year = doubt.school_year
            and figure.school_id = doubt.school_id
            and figure.part_id = doubt.part_id
    where in_force.threshold is not null
),

measured as (
    select
        *,
        case
            when value is null then 'not_reported'
            when {{ compares('value', 'comparator', 'threshold') }} then 'met'
            else 'not_met'
        end as verdict,
        abs(threshold * coalesce(denominator, 1) - numerator) as distance
    from judged
),

short as (
    select
        *,
        -- People, rooms and classes come whole.
        case when gap_decimals = 0 then ceil(distance * (1 - 1e-9)) else distance end as shortfall
    from measured
    where verdict = 'not_met'
)

{% set words = {
    'school': 'school_name',
    'n': marked(short_number('numerator')),
    'd': marked(short_number('denominator')),
    'v': marked(value_text('value', 'scale', 'decimals')),
    't': limit_text('threshold', 'scale'),
    'limit': "case stage when 'primary' then '" ~ setting('class_limit_primary') ~ "' else '"
        ~ setting('class_limit_junior') ~ "' end",
    'shortfall': marked(number_by('shortfall', 'gap_decimals')),
} -%}
select
    school_year,
    county_code,
    school_id,
    school_name,
    stage,
    item_id,
    part_id,
    numerator,
    denominator,
    value,
    threshold,
    comparator,
    verdict,
    is_tainted,
    shortfall,
    gap_unit,
    {{ fill_in('wording', words) }} as label,
    {{ fill_in('what_to_do', words) }} as what_to_do
from short
union all
select
    school_year,
    county_code,
    school_id,
    school_name,
    stage,
    item_id,
    part_id,
    numerator,
    denominator,
    value,
    threshold,
    comparator,
    verdict,
    is_tainted,
    case when verdict = 'met' then 0.0 end,
    gap_unit,
    cast(null as string),
    cast(null as string)
from measured
where verdict <> 'not_met'
