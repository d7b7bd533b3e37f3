{%- set census_term = setting('census_term') %}

with code as (
    select old_code, county_code from {{ ref('stg_lake__county_code') }}
),

enrolment as (
    select
        school_year, county_code, coalesce(stage, 'all') as stage,
        sum(pupils) as pupils, sum(classes) as classes, sum(teachers) as teachers,
        -- A mean only where both sides are known.
        sum(case when classes > 0 then pupils end) as pupils_in_classes,
        sum(schools) as schools
    from {{ ref('county_enrolment') }}
    group by grouping sets ((school_year, county_code, stage), (school_year, county_code))
),

-- A school of two stages is one school; its staff stands in each of its sections.
school as (
    select
        section.school_year,
        section.county_code,
        count(distinct case when section.is_counted then section.school_id end) as schools,
        sum(case when section.place = 1 then section.staff end) as staff
    from (
        select
            section.school_year, section.county_code, section.school_id, section.is_counted, section.staff,
            row_number() over (
                partition by section.school_year, section.school_id order by section.staff desc nulls last
            ) as place
        from {{ ref('int_section') }} as section
        inner join {{ ref('dim_section') }} as place
            on
                section.school_year = place.school_year
                and section.term = place.term
                and section.school_id = place.school_id
                and section.stage = place.stage
        where
            section.term = '{{ census_term }}'
            and coalesce(place.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
    ) as section
    group by section.school_year, section.county_code
),

size as (
    select
        school_year, county_code, coalesce(stage, 'all') as stage,
        sum(oversize_56) as oversize_56, sum(super_66) as super_66,
        sum(case when oversize_56 is not null then classes end) as classes,
        bool_or(is_tainted) as is_tainted
    from {{ ref('class_size') }}
    where term = '{{ census_term }}'
    group by grouping sets ((school_year, county_code, stage), (school_year, county_code))
),

degree as (
    select
        figure.school_year, figure.county_code, coalesce(figure.stage, 'all') as stage,
        {{ exact_sum('figure.numerator') }} as numerator, {{ exact_sum('evaluated.teachers') }} as denominator,
        count(case when figure.is_tainted then 1 end) as tainted
    from {{ ref('fct_school_indicator') }} as figure
    inner join {{ ref('int_evaluated_section') }} as evaluated
        on
            figure.school_year = evaluated.school_year
            and figure.school_id = evaluated.school_id
            and figure.stage = evaluated.stage
    where figure.indicator_id = 'L1' and figure.numerator is not null and evaluated.teachers is not null
    group by
        grouping sets (
            (figure.school_year, figure.county_code, figure.stage), (figure.school_year, figure.county_code)
        )
),

figure as (
    select
        school_year, county_code, stage, indicator_id as item_id, cv as value,
        cast(null as double) as numerator, cast(null as double) as denominator, 1 as multiplier,
        cv_limit as threshold, sections_tainted > 0 as is_tainted
    from {{ ref('county_coefficient') }} where standard_id = '2017'
    union all
    select
        coefficient.school_year, coefficient.county_code, coefficient.stage,
        coefficient.indicator_id || '_mean', coefficient.mean, coefficient.numerator,
        coefficient.denominator, indicator.multiplier, null, coefficient.sections_tainted > 0
    from {{ ref('county_coefficient') }} as coefficient
    inner join {{ ref('indicator') }} as indicator on coefficient.indicator_id = indicator.indicator_id
    where coefficient.standard_id = '2017'
    union all
    select
        composite.school_year, composite.county_code, composite.stage, 'composite_cv', composite.composite_cv,
        null, null, 1, null, tainted.stage is not null
    from {{ ref('county_composite') }} as composite
    left join (
        select distinct school_year, county_code, stage -- whichever of the seven
        from {{ ref('county_coefficient') }}
        where standard_id = '2017' and sections_tainted > 0
    ) as tainted
        on
            composite.school_year = tainted.school_year
            and composite.county_code = tainted.county_code
            and composite.stage = tainted.stage
    where composite.standard_id = '2017'
    {%- for name in ['pupils', 'classes', 'teachers'] %}
    union all
    select school_year, county_code, stage, '{{ name }}', {{ name }}, {{ name }}, null, 1, null, false from enrolment
    {%- endfor %}
    union all
    select school_year, county_code, stage, 'schools', schools, schools, null, 1, null, false
    from enrolment where stage <> 'all'
    union all
    select
        school_year, county_code, stage, 'class_mean', {{ safe_divide('pupils_in_classes', 'classes') }},
        pupils_in_classes, classes, 1, null, false
    from enrolment
    {%- for name in ['schools', 'staff'] %}
    union all
    select school_year, county_code, 'all', '{{ name }}', {{ name }}, {{ name }}, null, 1, null, false from school
    {%- endfor %}
    {%- for name in ['oversize_56', 'super_66'] %}
    union all
    select school_year, county_code, stage, '{{ name }}', {{ name }}, {{ name }}, null, 1, null, is_tainted from size
    {%- endfor %}
    union all
    select
        school_year, county_code, stage, 'oversize_56_share', {{ safe_divide('oversize_56', 'classes') }},
        oversize_56, classes, 1, null, is_tainted
    from size
    union all
    select
        school_year, county_code, stage, 'degree_share', {{ safe_divide('numerator', 'denominator') }},
        numerator, denominator, 1, null, tainted > 0
    from degree
    union all
    select
        school_year, county_code, stage, 'teachers_not_above_degree', denominator - numerator,
        denominator - numerator, null, 1, null, tainted > 0
    from degree
    union all
    select
        school_year, county_code, stage, 'retention_' || cast(cohort_years as string), retention,
        {% set due = 'entrants - deaths' if setting('retention_formula') == 'b'
            else 'entrants + transfers_in - transfers_out - deaths' -%}
        {% set stayed = 'graduates - transfers_in + transfers_out' if setting('retention_formula') == 'b' else 'graduates' -%}
        -- Capped at 1: as many stayed as were due.
        case status when 'capped' then {{ due }} else {{ stayed }} end, {{ due }}, 1, null, false
    from {{ ref('int_retention') }} where school_id is null and retention is not null
    union all
    -- What the returns say: the first figure of an item under its own name, others under theirs.
    select
        part.school_year, part.county_code, part.stage,
        case when item.item_id is not null then part.part_id else part.item_id end,
        part.value,
        case when part.total in ('ratio', 'sum') then part.numerator end,
        case when part.total = 'ratio' then part.denominator end,
        1, part.threshold, part.is_tainted
    from {{ ref('int_county_item') }} as part
    left join {{ ref('item') }} as item on part.part_id = item.item_id
    inner join {{ ref('item') }} as owner on part.item_id = owner.item_id
    where
        owner.kind in ('numeric', 'count', 'descriptive')
        and (item.item_id is not null or part.stage <> 'all' or part.position = 1)
),

-- What flags put in doubt by name, whichever table the figure comes from.
doubt as (
    select
        school_year,
        county_code,
        case part_id when 'retention' then 'retention_3' else part_id end as item_id,
        bool_or(stage in ('all', 'primary')) as in_primary,
        bool_or(stage in ('all', 'junior')) as in_junior
    from {{ ref('int_taint') }}
    where not is_of_roster -- class_size says where a roster counts
    group by school_year, county_code, case part_id when 'retention' then 'retention_3' else part_id end
),

known as (
    select
        figure.school_year,
        coalesce(code.county_code, figure.county_code) as county_code,
        figure.stage,
        figure.item_id,
        figure.value,
        case when figure.value is not null then figure.numerator end as numerator,
        case when figure.value is not null then figure.denominator end as denominator,
        figure.multiplier,
        figure.threshold,
        figure.is_tainted
        or coalesce(
            (figure.stage <> 'junior' and doubt.in_primary) or (figure.stage <> 'primary' and doubt.in_junior), false
        ) as is_tainted
    from figure
    left join doubt
        on
            figure.school_year = doubt.school_year
            and figure.county_code = doubt.county_code
            and figure.item_id = doubt.item_id
    left join code on figure.county_code = code.old_code
    where figure.value is not null
)

-- Two codes that became one in the middle of a year would stand twice; the totals stay right.
select
    school_year, county_code, stage, item_id, max(multiplier) as multiplier, max(threshold) as threshold,
    bool_or(is_tainted) as is_tainted,
    {{ exact_sum('numerator') }} as numerator, {{ exact_sum('denominator') }} as denominator,
    case
        when count(*) = 1 then max(value)
        when count(numerator) = count(*) and count(denominator) = count(*)
            then max(multiplier) * {{ safe_divide(exact_sum('numerator'), exact_sum('denominator')) }}
        when count(numerator) = count(*) then {{ exact_sum('numerator') }}
    end as value
from known
group by school_year, county_code, stage, item_id
