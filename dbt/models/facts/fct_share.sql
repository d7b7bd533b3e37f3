{{ config(alias='share') }}
select
    figure.section_no,
    figure.standard_id,
    figure.indicator_id,
    area.urban_rural,
    {{ safe_divide(
        'figure.denominator * (figure.value - area.mean) * (figure.value - area.mean)',
        'area.squares'
    ) }} as share,
    {{ safe_divide(
        'figure.denominator * (area.area_mean - area.mean) * (area.area_mean - area.mean)',
        'area.squares'
    ) }} as between_urban_rural,
    {{ safe_divide(
        'figure.denominator * (figure.value - area.area_mean) * (figure.value - area.area_mean)',
        'area.squares'
    ) }} as within
from {{ ref('fct_figure') }} as figure
inner join {{ ref('key_section') }} as section
    on figure.section_no = section.section_no
inner join {{ ref('fct_area_mean') }} as area
    on
        section.school_year = area.school_year
        and section.county_code = area.county_code
        and section.stage = area.stage
        and figure.indicator_id = area.indicator_id
        and coalesce(section.urban_rural, {{ enum_of("'unknown'", 'urban_rural') }}) = area.urban_rural
where figure.value is not null
