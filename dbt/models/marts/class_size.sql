-- depends_on: {{ ref('setting') }}
{%- set limit_primary = setting('class_limit_primary') | int %}
{%- set limit_junior = setting('class_limit_junior') | int %}
{%- set oversize = setting('oversize_from') | int %}
{%- set super = setting('super_from') | int %}

with roster as (
    select
        school_year,
        term,
        max(county_code) as county_code,
        school_id,
        stage,
        cast(count(*) as double) as classes,
        sum(pupils) as pupils,
        max(pupils) as largest_class,
        {{ safe_divide('sum(pupils)', 'count(*)') }} as mean_size,
        cast(count(
            case
                when stage = 'primary' and pupils > {{ limit_primary }} then 1
                when stage = 'junior' and pupils > {{ limit_junior }} then 1
            end
        ) as double) as over_standard,
        cast(count(case when pupils >= {{ oversize }} then 1 end) as double) as oversize_56,
        cast(count(case when pupils >= {{ super }} then 1 end) as double) as super_66
    from {{ ref('stg_lake__roster') }}
    group by school_year, term, school_id, stage
),

census as (
    select
        section.school_year,
        section.term,
        section.county_code,
        section.county_name,
        section.school_id,
        section.school_name,
        section.stage,
        section.classes,
        section.pupils,
        {{ safe_divide('section.pupils', 'section.classes') }} as mean_size,
        case
            when not section.has_class_bins then null
            when section.stage = 'primary' then {{ classes_from(limit_primary + 1, 'section') }}
            else {{ classes_from(limit_junior + 1, 'section') }}
        end as over_standard,
        case when section.has_class_bins then {{ classes_from(oversize, 'section') }} end as oversize_56,
        case when section.has_class_bins then {{ classes_from(super, 'section') }} end as super_66,
        -- The bins tell the largest class only by the end of the last one that holds a class.
        case
            when not section.has_class_bins then null
            {%- for least, bin in class_bins() | reverse %}
            {%- if bin != 'ge66' %}
            when section.classes_{{ bin }} > 0 then {{ bin.split('_')[-1] | replace('le', '') }}
            {%- else %}
            when section.classes_ge66 > 0 then null
            {%- endif %}
            {%- endfor %}
        end as largest_class
    from {{ ref('int_section') }} as section
    inner join {{ ref('dim_section') }} as place
        on
            section.school_year = place.school_year
            and section.term = place.term
            and section.school_id = place.school_id
            and section.stage = place.stage
    -- Small teaching points have classes too; other kinds of education and closed schools do not count.
    where coalesce(place.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
)

select
    census.school_year,
    census.term,
    census.county_code,
    census.county_name,
    census.school_id,
    census.school_name,
    census.stage,
    census.classes,
    census.pupils,
    census.mean_size,
    census.over_standard,
    census.oversize_56,
    census.super_66,
    cast(census.largest_class as double) as largest_class,
    case when census.over_standard is null then 'census' else 'census_bins' end as source
from census
left join roster
    on
        census.school_year = roster.school_year
        and census.term = roster.term
        and census.school_id = roster.school_id
        and census.stage = roster.stage
where roster.school_id is null
union all
select
    roster.school_year,
    roster.term,
    roster.county_code,
    school.county_name,
    roster.school_id,
    school.school_name,
    roster.stage,
    roster.classes,
    roster.pupils,
    roster.mean_size,
    roster.over_standard,
    roster.oversize_56,
    roster.super_66,
    roster.largest_class,
    'roster' as source
from roster
left join {{ ref('dim_school') }} as school
    on roster.school_year = school.school_year and roster.school_id = school.school_id
