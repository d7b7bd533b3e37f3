-- depends_on: {{ ref('setting') }}

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
        when section.stage = 'primary'
            then {{ classes_from(setting('class_limit_primary') | int + 1, 'section') }}
        else {{ classes_from(setting('class_limit_junior') | int + 1, 'section') }}
    end as over_standard,
    case when section.has_class_bins then {{ classes_from(setting('oversize_from') | int, 'section') }} end
        as oversize_56,
    case when section.has_class_bins then {{ classes_from(setting('super_from') | int, 'section') }} end
        as super_66
from {{ ref('int_section') }} as section
inner join {{ ref('dim_section') }} as place
    on
        section.school_year = place.school_year
        and section.term = place.term
        and section.school_id = place.school_id
        and section.stage = place.stage
-- Small teaching points have classes too; other kinds of education and closed schools do not count.
where coalesce(place.exclusion_reason, 'small_teaching_point') = 'small_teaching_point'
