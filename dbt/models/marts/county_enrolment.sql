select
    section.school_year,
    section.county_code,
    max(section.county_name) as county_name,
    section.stage,
    cast(count(case when place.exclusion_reason = 'closed' then null when section.is_counted then 1 end) as integer)
        as schools,
    cast(count(*) - count(case when place.exclusion_reason = 'closed' then 1 end) as integer) as sections,
    cast(
        count(case when place.exclusion_reason = 'closed' then null when section.pupils is null then 1 end) as integer
    ) as sections_without_pupils,
    sum(section.pupils) as pupils,
    sum(section.pupils_girls) as pupils_girls,
    sum(section.entrants) as entrants,
    sum(section.graduates) as graduates,
    sum(section.classes) as classes,
    sum(section.teachers) as teachers
from {{ ref('int_section') }} as section
inner join {{ ref('dim_section') }} as place
    on
        section.school_year = place.school_year
        and section.term = place.term
        and section.school_id = place.school_id
        and section.stage = place.stage
where
    section.term = '{{ setting("census_term") }}'
    -- Teaching points too small to be judged still have pupils, schools just closed had graduates.
    and coalesce(place.exclusion_reason, 'closed') in ('small_teaching_point', 'closed')
group by section.school_year, section.county_code, section.stage
having sections > 0
