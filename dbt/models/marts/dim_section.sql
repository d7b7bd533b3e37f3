{%- set rule = setting('teaching_point_rule') -%}
{%- set min_pupils = setting('teaching_point_min_pupils') %}

with section as (
    select
        section.school_year,
        section.term,
        section.school_id,
        section.stage,
        section.school_name,
        section.county_code,
        section.county_name,
        section.is_counted,
        section.is_assessed,
        section.pupils,
        section.has_primary,
        section.has_junior,
        section.has_senior,
        section.is_teaching_point or parent.school_id is not null as is_teaching_point,
        parent.parent_school_id,
        coalesce(section.was_closed, false) and coalesce(section.pupils, 0) = 0 as is_closed,
        typed.weight as typed_weight,
        usual.weight as usual_weight
    from {{ ref('int_section') }} as section
    left join (
        -- One parent a year; the file of links is reviewed, the minimum only makes a slip harmless.
        select school_id, from_year, to_year, min(parent_school_id) as parent_school_id
        from {{ ref('stg_lake__teaching_point') }}
        group by school_id, from_year, to_year
    ) as parent
        on
            section.school_id = parent.school_id
            and section.school_year >= parent.from_year
            and section.school_year <= parent.to_year
    left join {{ ref('split_weight') }} as typed
        on section.school_type_code = typed.school_type_code and section.stage = typed.stage
    left join {{ ref('split_weight') }} as usual
        on usual.school_type_code = '*' and section.stage = usual.stage
),

school as (
    select
        school_year,
        term,
        school_id,
        count(*) as stages_present,
        -- Weights of one kind for all stages of a school, or their ratio means nothing.
        count(typed_weight) = count(*) as is_typed,
        {{ exact_sum('typed_weight * pupils') }} as typed_pupils,
        {{ exact_sum('usual_weight * pupils') }} as usual_pupils,
        count(pupils) < count(*) as lacks_pupils,
        bool_or(stage = 'primary') as primary_is_there,
        bool_or(stage = 'junior') as junior_is_there,
        bool_or(stage = 'senior') as senior_is_there
    from section
    group by school_year, term, school_id
),

shared as (
    select
        section.*,
        case
            when
                school.stages_present = 1
                and cast(section.has_primary as integer) + cast(section.has_junior as integer)
                + cast(section.has_senior as integer) <= 1
                then 1.0
            -- A stage that the type of school has, or that is there, and whose pupils nobody knows.
            when
                school.lacks_pupils
                or (section.has_primary and not school.primary_is_there)
                or (section.has_junior and not school.junior_is_there)
                or (section.has_senior and not school.senior_is_there)
                then null
            when school.is_typed
                then {{ safe_divide('section.typed_weight * section.pupils', 'school.typed_pupils') }}
            else {{ safe_divide('section.usual_weight * section.pupils', 'school.usual_pupils') }}
        end as split_share
    from section
    inner join school
        on
            section.school_year = school.school_year
            and section.term = school.term
            and section.school_id = school.school_id
),

placed as (
    select
        section.*,
        parent.school_id is not null as has_parent_section
    from shared as section
    left join (
        select school_year, term, school_id, stage
        from shared
        where is_assessed and not is_teaching_point
    ) as parent
        on
            section.parent_school_id = parent.school_id
            and section.school_year = parent.school_year
            and section.term = parent.term
            and section.stage = parent.stage
    where section.stage in ('primary', 'junior')
),

decided as (
    select
        *,
        case
            when not is_assessed then 'school_type'
            when is_closed then 'closed'
            when
                is_teaching_point and not has_parent_section and pupils < {{ min_pupils }}
                then 'small_teaching_point'
        end as exclusion_reason,
        is_teaching_point and has_parent_section
        {% if rule == 'own' %}and coalesce(pupils, 0) < {{ min_pupils }}{% endif %} as is_merged
    from placed
)

select
    school_year,
    term,
    school_id,
    stage,
    school_name,
    county_code,
    county_name,
    pupils,
    is_counted,
    is_teaching_point,
    parent_school_id,
    cast(split_share as double) as split_share,
    exclusion_reason,
    case
        when exclusion_reason is not null then null
        when is_merged then parent_school_id
        else school_id
    end as evaluated_school_id
from decided
