-- depends_on: {{ ref('item_part') }}
-- depends_on: {{ ref('setting') }}
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
        evaluated.teachers as census_teachers,
        coalesce(evaluated.urban_rural = 'rural', false) as is_rural
    from {{ ref('int_evaluated_section') }} as evaluated
    where {{ list_holds('evaluated.standards', "'2017'") }}
),

school as (
    select
        school_year,
        min(county_code) as county_code,
        school_id,
        max(school_name) as school_name,
        case when count(*) = count(pupils) then sum(pupils) end as pupils,
        count(*) as stages,
        bool_and(is_rural) as is_rural
    from section
    group by school_year, school_id
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
        class_size.school_year,
        class_size.county_code,
        class_size.school_id,
        class_size.school_name,
        class_size.stage,
        class_size.classes,
        class_size.largest_class,
        class_size.over_standard,
        class_size.source
    from {{ ref('class_size') }} as class_size
    where class_size.term = '{{ setting("census_term") }}'
),

-- G3: the rooms that are large enough for when and where they were built, against one of each kind
-- for every twelve classes. A room shared by two stages stands under one of them: the number is judged
-- for the school as a whole, the size by the classes of its stage.
room_school as (
    select
        school.school_year,
        school.school_id,
        school.is_rural,
        size.classes
    from school
    inner join (
        select
            school_year,
            school_id,
            case when count(classes) = count(*) then sum(classes) end as classes
        from size
        group by school_year, school_id
    ) as size
        on school.school_year = size.school_year and school.school_id = size.school_id
    where
        exists (
            select 1
            from {{ ref('stg_lake__art_room') }} as room
            where room.school_year = school.school_year and room.school_id = school.school_id
        )
),

fit_room as (
    select
        room.school_year,
        room.school_id,
        room.kind,
        -- The mildest rule that applies to the room.
        {{ at_least('room.area_m2', 'min(size_rule.min_area_m2)') }} as is_fit
    from (
        select *, row_number() over (order by school_year, school_id, stage, kind, area_m2) as room_id
        from {{ ref('stg_lake__art_room') }}
    ) as room
    inner join room_school
        on room.school_year = room_school.school_year and room.school_id = room_school.school_id
    left join size
        on
            room.school_year = size.school_year
            and room.school_id = size.school_id
            and room.stage = size.stage
    inner join {{ ref('art_room_size') }} as size_rule
        on
            room.kind = size_rule.kind
            and room.stage = size_rule.stage
            and (size_rule.built_to is null or room.built_year <= size_rule.built_to)
            and (size_rule.max_class is null or size.largest_class <= size_rule.max_class)
            and (size_rule.is_rural is null or room_school.is_rural)
    group by room.room_id, room.school_year, room.school_id, room.kind, room.area_m2
),

fit as (
    select school_year, school_id, kind, count(case when is_fit then 1 end) as rooms
    from fit_room
    group by school_year, school_id, kind
),

figure as (
    -- G3
    select
        school.school_year, school.county_code, school.school_id, school.school_name, 'all' as stage,
        kind.kind || '_room' as part_id,
        cast(coalesce(fit.rooms, 0) as double) as numerator,
        ceil(room_school.classes / kind.classes_per_room) as denominator
    from school
    inner join room_school
        on school.school_year = room_school.school_year and school.school_id = room_school.school_id
    cross join (
        select kind, max(classes_per_room) as classes_per_room
        from {{ ref('art_room_size') }}
        group by kind
    ) as kind
    left join fit
        on
            school.school_year = fit.school_year
            and school.school_id = fit.school_id
            and kind.kind = fit.kind
    where room_school.classes > 0
    union all
    -- G4
    select
        school_year, county_code, school_id, school_name, 'all',
        case when stages > 1 then 'combined_school_size' else 'school_size' end,
        pupils, cast(null as double)
    from school
    union all
    -- G5
    select
        school_year, county_code, school_id, school_name, stage, 'class_' || stage,
        over_standard, cast(null as double)
    from size
    where classes is null or classes > 0
    {%- for part in school_parts + small_school_parts %}
    union all
    -- {{ part.item_id }}
    select
        school_year, county_code, school_id, school_name, 'all', '{{ part.part_id }}',
        {{ answer_sum(part.numerators) }},
        {{ answer_sum(part.denominators) if part.denominators else 'cast(null as double)' }}
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
        {{ answer_sum(part.denominators) if part.denominators else 'cast(null as double)' }}
    from answered_section
    where {{ answer_sum(part.numerators) }} is not null
    {%- if part.denominators %} and {{ answer_sum(part.denominators) }} > 0{% endif %}
    {%- endfor %}
),

judged as (
    select
        figure.*,
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
        end as value
    from figure
    inner join {{ ref('int_county') }} as county
        on figure.school_year = county.school_year and figure.county_code = county.county_code
    inner join {{ ref('int_item_in_force') }} as in_force
        on
            county.school_year = in_force.school_year
            and county.region_code = in_force.region_code
            and figure.part_id = in_force.part_id
    where in_force.threshold is not null
),

measured as (
    select
        *,
        case
            when value is null then 'not_reported'
            when {{ stands('value', 'comparator', 'threshold') }} then 'met'
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
    'n': short_number('numerator'),
    'd': short_number('denominator'),
    'v': value_text('value', 'scale', 'decimals'),
    't': limit_text('threshold', 'scale'),
    'limit': "case stage when 'primary' then '" ~ setting('class_limit_primary') ~ "' else '"
        ~ setting('class_limit_junior') ~ "' end",
    'shortfall': number_by('shortfall', 'gap_decimals', true),
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
    case when verdict = 'met' then 0.0 end,
    gap_unit,
    cast(null as string),
    cast(null as string)
from measured
where verdict <> 'not_met'
