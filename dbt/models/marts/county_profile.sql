-- depends_on: {{ ref('setting') }}
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

size as (
    select * from {{ ref('class_size') }} where term = '{{ setting("census_term") }}'
),

profile as (
    {%- for group in ['kind', 'area', 'sponsor'] %}
    select
        school_year, county_code, max(county_name) as county_name, 'schools_by_{{ group }}' as topic,
        'all' as stage, 'all' as item_id, {{ group }} as category,
        cast(count(distinct case when is_counted then school_id end) as double) as value
    from place
    group by school_year, county_code, {{ group }}
    union all
    select
        school_year, county_code, max(county_name), 'pupils_by_{{ group }}', stage, 'all', {{ group }},
        sum(pupils)
    from place
    group by school_year, county_code, stage, {{ group }}
    union all
    {%- endfor %}
    select
        school_year, county_code, max(county_name), 'uncounted_by_kind', 'all', 'all', kind,
        cast(count(distinct school_id) as double)
    from place
    where not is_counted
    group by school_year, county_code, kind
    union all
    -- A school of two stages is one school of the county.
    select
        school_year, county_code, max(county_name), 'total', 'all', 'all', 'schools',
        cast(count(distinct case when is_counted then school_id end) as double)
    from place
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
    {%- for verdict in ['met', 'floor', 'below', 'missing'] %}
    union all
    select
        school_year, county_code, max(county_name), 'sections_by_verdict', stage, indicator_id, '{{ verdict }}',
        cast(count(case when verdict = '{{ verdict }}' then 1 end) as double)
    from {{ ref('school_indicator') }}
    where standard_id = '2017' and verdict is not null and value_status <> 'no_pupils'
    group by school_year, county_code, stage, indicator_id
    {%- endfor %}
    {%- for group, of_it in [
        ('attaining', 'attains'), ('not_attaining', 'not attains'), ('undecided', 'attains is null')
    ] %}
    union all
    select
        school_year, county_code, max(county_name), 'sections_by_attainment', stage, 'all', '{{ group }}',
        cast(count(case when {{ of_it }} then 1 end) as double)
    from {{ ref('school_attainment') }}
    where standard_id = '2017'
    group by school_year, county_code, stage
    {%- endfor %}
    {%- for group in ['over_standard', 'oversize_56', 'super_66'] %}
    union all
    select
        school_year, county_code, max(county_name), 'classes', stage, 'all', '{{ group }}', sum({{ group }})
    from size
    group by school_year, county_code, stage
    {%- endfor %}
    union all
    select
        school_year, county_code, max(county_name), 'classes', stage, 'all', 'sections_unknown',
        cast(count(case when over_standard is null then 1 end) as double)
    from size
    group by school_year, county_code, stage
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
