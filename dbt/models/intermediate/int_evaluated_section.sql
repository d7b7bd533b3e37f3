{%- set indicators = indicators() -%}
{%- set attributes = [
    'school_name', 'county_code', 'county_name', 'urban_rural', 'is_public', 'standards',
] %}

-- The sections of the census, and whether teaching points count with the one they are evaluated as.
with place as (
    select
        place.school_year,
        place.term,
        place.school_id,
        place.stage,
        place.county_code,
        place.evaluated_school_id,
        place.split_share,
        merged.evaluated_school_id is not null as is_merged
    from {{ ref('dim_section') }} as place
    left join (
        select distinct school_year, term, stage, evaluated_school_id -- once per section that has some
        from {{ ref('dim_section') }}
        where school_id <> evaluated_school_id
    ) as merged
        on
            place.school_year = merged.school_year
            and place.term = merged.term
            and place.stage = merged.stage
            and place.evaluated_school_id = merged.evaluated_school_id
    where place.term = '{{ setting("census_term") }}' and place.evaluated_school_id is not null
),

member as (
    select
        section.school_year,
        place.evaluated_school_id as school_id,
        section.stage,
        section.school_id = place.evaluated_school_id as is_head,
        place.is_merged,
        {%- for attribute in attributes %}
        section.{{ attribute }},
        {%- endfor %}
        section.pupils,
        section.pupils_status,
        section.classes,
        section.classes_status,
        section.teachers,
        section.teachers_status,
        flag.taints,
        {%- for indicator in indicators %}
        {% if indicator.scope == 'school' -%}
        case
            when section.{{ indicator.key }}_trouble is null
                then section.{{ indicator.key }}_sum * place.split_share
        end as {{ indicator.key }},
        coalesce(
            section.{{ indicator.key }}_trouble,
            case when place.split_share is null then 'split_unknown' end
        ) as {{ indicator.key }}_trouble
        {%- else -%}
        case
            when section.{{ indicator.key }}_trouble is null then section.{{ indicator.key }}_sum
        end as {{ indicator.key }},
        section.{{ indicator.key }}_trouble
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_section') }} as section
    inner join place
        on
            section.school_year = place.school_year
            and section.term = place.term
            and section.school_id = place.school_id
            and section.stage = place.stage
    left join (
        -- A flag on a whole school taints each of its sections.
        select
            cast(flag.school_year as integer) as school_year,
            flag.school_id,
            stage.stage,
            {{ dbt.listagg('flag.taints', "','") }} as taints
        from {{ ref('stg_lake__flag') }} as flag
        inner join (
            select 'primary' as stage
            union all
            select 'junior'
        ) as stage
            on coalesce(flag.stage, stage.stage) = stage.stage
        where {{ taints_figures('flag') }}
        group by flag.school_year, flag.school_id, stage.stage
    ) as flag
        on
            section.school_year = flag.school_year
            and section.school_id = flag.school_id
            and section.stage = flag.stage
),

-- A section without teaching points stands for itself; the others are added up, and what one of
-- them lacks the sum lacks too. The gravest status is the last in the alphabet.
alone as (
    select * from member
    where not is_merged
),

together as (
    select
        member.school_year,
        member.school_id,
        member.stage,
        {%- for attribute in attributes %}
        max(case when member.is_head then {{ attribute }} end) as {{ attribute }},
        {%- endfor %}
        {%- for figure in ['pupils', 'classes', 'teachers'] %}
        case when count({{ figure }}) = count(*) then {{ exact_sum(figure) }} end as {{ figure }},
        coalesce(max(case when {{ figure }} is null then {{ figure }}_status end), 'reported')
            as {{ figure }}_status,
        {%- endfor %}
        {{ dbt.listagg('taints', "','") }} as taints,
        {%- for indicator in indicators %}
        case when count({{ indicator.key }}) = count(*) then {{ exact_sum(indicator.key) }} end
            as {{ indicator.key }},
        max({{ indicator.key }}_trouble) as {{ indicator.key }}_trouble{{ ',' if not loop.last }}
        {%- endfor %}
    from member
    where member.is_merged
    group by member.school_year, member.school_id, member.stage
),

united as (
    select
        school_year, school_id, stage, {{ attributes | join(', ') }},
        pupils, pupils_status, classes, classes_status, teachers, teachers_status, taints,
        {%- for indicator in indicators %}
        {{ indicator.key }}, {{ indicator.key }}_trouble{{ ',' if not loop.last }}
        {%- endfor %}
    from alone
    union all
    select * from together
)

select
    united.*,
    coalesce(region.region_code, 'CN') as region_code
from united
left join (
    -- The province, if it has a standard of its own; national ones hold elsewhere.
    select county.county_code, max(region.region_code) as region_code
    from (select distinct county_code from place) as county -- once per county
    inner join (
        select distinct standard.region_code from {{ ref('standard') }} as standard
        where {{ can_decide('standard') }} and standard.region_code <> 'CN'
    ) as region
        on county.county_code like region.region_code || '%'
    group by county.county_code
) as region on united.county_code = region.county_code
