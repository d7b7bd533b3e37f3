{%- set limit_primary = setting('class_limit_primary') | int %}
{%- set limit_junior = setting('class_limit_junior') | int %}
{%- set oversize = setting('oversize_from') | int %}
{%- set super = setting('super_from') | int %}

with counted as (
    select
        school_year,
        term,
        max(county_code) as county_code,
        school_id,
        stage,
        count(pupils) = count(*) and min(case when is_complete then 1 else 0 end) = 1 as is_legible,
        min(case when is_complete then 1 else 0 end) = 1 as is_whole,
        cast(count(*) as double) as classes,
        sum(pupils) as pupils,
        max(pupils) as largest_class,
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

-- One class whose pupils cannot be read leaves the number of classes and nothing else; one that was set
-- aside leaves not even that, beyond the number of those that are there.
roster as (
    select
        school_year,
        term,
        county_code,
        school_id,
        stage,
        is_legible,
        is_whole,
        classes
        {%- for figure in ['pupils', 'largest_class', 'over_standard', 'oversize_56', 'super_66'] %},
        case when is_legible then {{ figure }} end as {{ figure }}
        {%- endfor %}
    from counted
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
        end as largest_class,
        -- … and by its beginning.
        case
            when not section.has_class_bins then null
            {%- for least, bin in class_bins() | reverse %}
            when section.classes_{{ bin }} > 0 then {{ least }}
            {%- endfor %}
        end as largest_class_from
    from {{ ref('int_section') }} as section
    inner join {{ ref('dim_section') }} as place
        on
            section.school_year = place.school_year
            and section.term = place.term
            and section.school_id = place.school_id
            and section.stage = place.stage
    -- Small teaching points have classes too; other kinds of education and closed schools do not count.
    where coalesce(place.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
),

-- A roster stands in the place of the census only where both have the same classes and pupils: with
-- classes left out, or of another school, it would say less than the bins do (DOMAIN §4). Where the census
-- has no figure to compare, the roster is what there is.
compared as (
    select
        roster.*,
        census.school_id is null as is_alone,
        roster.is_legible
        and coalesce(roster.classes = census.classes, true)
        and coalesce(roster.pupils = census.pupils, true) as agrees
    from roster
    left join census
        on
            roster.school_year = census.school_year
            and roster.term = census.term
            and roster.school_id = census.school_id
            and roster.stage = census.stage
),

sized as (
    select
        census.school_year,
        census.term,
        census.county_code,
        census.county_name,
        census.school_id,
        census.school_name,
        census.stage,
        {%- for figure in ['classes', 'pupils', 'over_standard', 'oversize_56', 'super_66'] %}
        case when roster.agrees then roster.{{ figure }} else census.{{ figure }} end as {{ figure }},
        {%- endfor %}
        case when roster.agrees then roster.largest_class else cast(census.largest_class as double) end
            as largest_class,
        case when roster.agrees then roster.largest_class else cast(census.largest_class_from as double) end
            as largest_class_from,
        case
            when roster.agrees then 'roster'
            when census.over_standard is null then 'census'
            else 'census_bins'
        end as source,
        roster.classes as roster_classes,
        roster.pupils as roster_pupils
    from census
    left join compared as roster
        on
            census.school_year = roster.school_year
            and census.term = roster.term
            and census.school_id = roster.school_id
            and census.stage = roster.stage
    union all
    select
        roster.school_year,
        roster.term,
        roster.county_code,
        school.county_name,
        roster.school_id,
        school.school_name,
        roster.stage,
        case when roster.is_whole then roster.classes end,
        roster.pupils,
        roster.over_standard,
        roster.oversize_56,
        roster.super_66,
        roster.largest_class,
        roster.largest_class as largest_class_from,
        'roster',
        roster.classes as roster_classes,
        roster.pupils as roster_pupils
    from compared as roster
    left join {{ ref('dim_school') }} as school
        on roster.school_year = school.school_year and roster.school_id = school.school_id
    where roster.is_alone
)

select
    sized.school_year,
    sized.term,
    sized.county_code,
    sized.county_name,
    sized.school_id,
    sized.school_name,
    sized.stage,
    sized.classes,
    sized.pupils,
    {{ safe_divide('sized.pupils', 'sized.classes') }} as mean_size,
    sized.over_standard,
    sized.oversize_56,
    sized.super_66,
    sized.largest_class,
    sized.largest_class_from,
    sized.source,
    sized.roster_classes,
    sized.roster_pupils,
    taint.school_id is not null as is_tainted
from sized
left join (
    -- Several flags, one doubt.
    select distinct taint.school_year, taint.term, taint.school_id, taint.is_of_roster, stage.stage
    from {{ ref('int_taint') }} as taint
    inner join (
        select 'primary' as stage
        union all
        select 'junior'
    ) as stage
        on taint.stage in ('all', stage.stage)
    where taint.item_id = 'G5' and taint.part_id = 'class_' || stage.stage
) as taint
    on
        sized.school_year = taint.school_year
        and sized.term = taint.term
        and sized.school_id = taint.school_id
        and sized.stage = taint.stage
        and (sized.source = 'roster') = taint.is_of_roster
