-- depends_on: {{ ref('setting') }}
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

weighed as (
    select
        *,
        count(*) over school as stages_present,
        -- Weights of one kind for all stages of a school, or their ratio means nothing.
        case
            when count(typed_weight) over school = count(*) over school then typed_weight
            else usual_weight
        end as weight,
        -- A stage that the type of school has, or that is there, and whose pupils nobody knows.
        count(case when pupils is null then 1 end) over school > 0
        or (has_primary and count(case when stage = 'primary' then 1 end) over school = 0)
        or (has_junior and count(case when stage = 'junior' then 1 end) over school = 0)
        or (has_senior and count(case when stage = 'senior' then 1 end) over school = 0)
            as has_unknown_stage,
        cast(has_primary as integer) + cast(has_junior as integer) + cast(has_senior as integer)
            as stages_of_type
    from section
    window school as (partition by school_year, term, school_id)
),

shared as (
    select
        *,
        case
            when stages_present = 1 and (stages_of_type <= 1) then 1.0
            when has_unknown_stage then null
            else
                {{ safe_divide(
                    'weight * pupils',
                    exact_sum('weight * pupils', '(partition by school_year, term, school_id)')
                ) }}
        end as split_share
    from weighed
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
