{%- set indicators = indicators() -%}
{%- set bins = class_bins() | map(attribute=1) | list %}

with current_file as (
    -- A file is usually current as a whole: then its rows need not be looked up one by one.
    select
        current_row.sha256,
        current_row.school_year,
        current_row.term,
        count(*) = max(delivery.sections) as is_whole
    from {{ ref('stg_lake__current') }} as current_row
    left join (
        select sha256, school_year, term, max(sections) as sections
        from {{ ref('stg_lake__delivery') }}
        where is_accepted
        group by sha256, school_year, term
    ) as delivery
        on
            current_row.sha256 = delivery.sha256
            and current_row.school_year = delivery.school_year
            and current_row.term = delivery.term
    group by current_row.sha256, current_row.school_year, current_row.term
),

whole_file as (
    select sha256, school_year, term from current_file
    where is_whole
),

partly_current as (
    select current_row.*
    from {{ ref('stg_lake__current') }} as current_row
    where not exists (
        select 1
        from whole_file
        where
            whole_file.sha256 = current_row.sha256
            and whole_file.school_year = current_row.school_year
            and whole_file.term = current_row.term
    )
),

section as (
    select section.*
    from {{ ref('stg_lake__section') }} as section
    left join whole_file
        on
            section.sha256 = whole_file.sha256
            and section.school_year = whole_file.school_year
            and section.term = whole_file.term
    left join partly_current
        on
            section.sha256 = partly_current.sha256
            and section.school_year = partly_current.school_year
            and section.term = partly_current.term
            and section.school_id = partly_current.school_id
            and section.stage = partly_current.stage
    where whole_file.sha256 is not null or partly_current.sha256 is not null
)

select
    -- key
    cast(section.school_year as integer) as school_year,
    section.term,
    section.school_id,
    section.stage,

    -- where it was read
    section.sha256,
    section.profile,
    section.vintage,
    section.sheet,
    cast(section.source_row as integer) as source_row,
    section.standards,

    -- what the school is
    coalesce(section.counted_county_code, section.county_code) as county_code,
    coalesce(section.counted_county_name, section.county_name) as county_name,
    coalesce(section.nation, 'CN') as nation,
    section.school_name,
    section.school_type_code,
    section.sponsor_code,
    section.urban_rural_code,
    urban_rural.urban_rural,
    sponsor.is_public,
    coalesce(section.is_counted, school_type.is_counted, true) as is_counted,
    section.is_new,
    section.was_closed,
    coalesce(school_type.is_assessed, true) as is_assessed,
    coalesce(school_type.is_teaching_point, false) as is_teaching_point,
    coalesce(school_type.has_primary, false) as has_primary,
    coalesce(school_type.has_junior, false) as has_junior,
    coalesce(school_type.has_senior, false) as has_senior,

    -- figures the marts show as they are
    section.pupils,
    {{ status_of('pupils') }} as pupils_status,
    section.pupils_girls,
    section.pupils_boarding,
    section.entrants,
    section.graduates,
    section.flow_entrants,
    section.flow_transfers_in,
    section.flow_resumed,
    section.flow_transfers_out,
    section.flow_suspended,
    section.flow_dropouts,
    section.flow_deaths,
    section.flow_graduates,
    section.flow_completed,
    section.staff_teachers,
    section.staff,
    section.classes,
    {{ status_of('classes') }} as classes_status,
    section.teachers,
    {{ status_of('teachers') }} as teachers_status,
    -- The blank bins of a form that fills in others hold no class; with none filled in nothing is known.
    coalesce(
        {%- for bin in bins %}
        section.classes_{{ bin }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) is not null
    {%- for bin in bins %}
    and {{ status_of('classes_' ~ bin) }} not in ('unreadable', 'undefined', 'not_collected')
    {%- endfor %} as has_class_bins,
    {%- for bin in bins %}
    section.classes_{{ bin }},
    {%- endfor %}

    -- numerators of the indicators, of the whole school where a resource is shared by its stages
    {%- for indicator in indicators %}
    {{ by_stage(indicator, numerator_trouble) }} as {{ indicator.key }}_trouble,
    {{ by_stage(indicator, numerator_sum) }} as {{ indicator.key }}_sum{{ ',' if not loop.last }}
    {%- endfor %}

from section
left join {{ ref('school_type') }} as school_type
    on section.school_type_code = school_type.school_type_code
left join {{ ref('sponsor') }} as sponsor
    on section.sponsor_code = sponsor.sponsor_code
left join {{ ref('urban_rural') }} as urban_rural
    on section.urban_rural_code = urban_rural.urban_rural_code
