-- Long, because a report asks for one cell at a time: "how many of what".
with place as (
    select
        section.school_year,
        section.county_code,
        section.county_name,
        section.school_id,
        section.stage,
        section.pupils,
        section.is_counted,
        coalesce(school.school_type_code, 'unknown') as kind,
        coalesce(school.urban_rural, 'unknown') as area,
        case when school.is_public then 'public' when not school.is_public then 'private' else 'unknown' end
            as sponsor
    from {{ ref('dim_section') }} as section
    inner join {{ ref('dim_school') }} as school
        on section.school_year = school.school_year and section.school_id = school.school_id
    where
        section.term = '{{ setting("census_term") }}'
        -- The same schools as in county_enrolment: small teaching points are schools too.
        and coalesce(section.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
),

enrolment as (
    select
        school_year, county_code, max(county_name) as county_name, coalesce(stage, 'all') as stage,
        sum(pupils) as pupils, sum(classes) as classes, sum(teachers) as teachers,
        -- A mean only where both sides are known.
        sum(case when classes > 0 then pupils end) as pupils_in_classes,
        cast(sum(schools) as double) as schools
    from {{ ref('county_enrolment') }}
    group by grouping sets ((school_year, county_code, stage), (school_year, county_code))
),

-- A school of two stages is one school of the county.
school as (
    select
        school_year, county_code, school_id, kind, area, sponsor,
        max(county_name) as county_name,
        bool_or(is_counted) as is_counted,
        bool_or(not is_counted) as is_uncounted
    from place
    group by school_year, county_code, school_id, kind, area, sponsor
),

{% set verdicts = ['met', 'floor', 'below', 'missing'] -%}
indicator as (
    select
        school_year, county_code, stage, indicator_id, max(county_name) as county_name
        {%- for verdict in verdicts %},
        count(case when verdict = {{ enum_of("'" ~ verdict ~ "'", 'verdict') }} then 1 end) as {{ verdict }}
        {%- endfor %}
    from {{ ref('fct_school_indicator') }}
    where
        standard_id = {{ enum_of("'2017'", 'standard') }}
        and verdict is not null
        and value_status <> {{ enum_of("'no_pupils'", 'value_status') }}
    group by school_year, county_code, stage, indicator_id
),

{% set attainments = {
    'attaining': 'attains', 'not_attaining': 'not attains', 'undecided': 'attains is null',
} -%}
attainment as (
    select
        school_year, county_code, stage, max(county_name) as county_name
        {%- for group, of_it in attainments.items() %},
        count(case when {{ of_it }} then 1 end) as {{ group }}
        {%- endfor %}
    from {{ ref('school_attainment') }}
    where standard_id = '2017'
    group by school_year, county_code, stage
),

{% set sizes = ['over_standard', 'oversize_56', 'super_66'] -%}
size as (
    select
        school_year, county_code, stage, max(county_name) as county_name
        {%- for group in sizes %},
        sum({{ group }}) as {{ group }}
        {%- endfor %},
        count(case when over_standard is null then 1 end) as sections_unknown
    from {{ ref('class_size') }}
    where term = '{{ setting("census_term") }}'
    group by school_year, county_code, stage
),

profile as (
    {%- for group in ['kind', 'area', 'sponsor'] %}
    select
        school_year, county_code, max(county_name) as county_name, 'schools_by_{{ group }}' as topic,
        'all' as stage, 'all' as item_id, {{ group }} as category,
        cast(count(case when is_counted then 1 end) as double) as value
    from school
    group by school_year, county_code, {{ group }}
    union all
    select
        school_year, county_code, max(county_name), 'pupils_by_{{ group }}', stage, 'all', {{ group }},
        {{ exact_sum('pupils') }}
    from place
    group by school_year, county_code, stage, {{ group }}
    union all
    {%- endfor %}
    select
        school_year, county_code, max(county_name), 'schools_by_kind_area_sponsor', 'all', 'all',
        kind || ' ' || area || ' ' || sponsor, cast(count(case when is_counted then 1 end) as double)
    from school
    group by school_year, county_code, kind, area, sponsor
    union all
    select
        school_year, county_code, max(county_name), 'uncounted_by_kind', 'all', 'all', kind,
        cast(count(*) as double)
    from school
    where is_uncounted
    group by school_year, county_code, kind
    union all
    select
        school_year, county_code, max(county_name), 'total', 'all', 'all', 'schools',
        cast(count(case when is_counted then 1 end) as double)
    from school
    group by school_year, county_code
    union all
    select school_year, county_code, county_name, 'total', stage, 'all', 'schools', schools
    from enrolment where stage <> 'all'
    {%- for group in ['pupils', 'classes', 'teachers'] %}
    union all
    select school_year, county_code, county_name, 'total', stage, 'all', '{{ group }}', {{ group }}
    from enrolment
    {%- endfor %}
    union all
    select
        school_year, county_code, county_name, 'total', stage, 'all', 'class_mean',
        {{ safe_divide('pupils_in_classes', 'classes') }}
    from enrolment
    {%- for verdict in verdicts %}
    union all
    select
        school_year, county_code, county_name, 'sections_by_verdict', cast(stage as string),
        cast(indicator_id as string), '{{ verdict }}', cast({{ verdict }} as double)
    from indicator
    {%- endfor %}
    {%- for group in attainments %}
    union all
    select
        school_year, county_code, county_name, 'sections_by_attainment', stage, 'all', '{{ group }}',
        cast({{ group }} as double)
    from attainment
    {%- endfor %}
    {%- for group in sizes + ['sections_unknown'] %}
    union all
    select
        school_year, county_code, county_name, 'classes', stage, 'all', '{{ group }}',
        cast({{ group }} as double)
    from size
    {%- endfor %}
)

select
    school_year,
    county_code,
    county_name,
    topic,
    stage,
    item_id,
    category,
    value
from profile
where county_code is not null and value is not null
