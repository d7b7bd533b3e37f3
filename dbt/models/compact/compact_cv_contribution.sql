{{ config(alias='cv_contribution', schema='compact', materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    figure.school_year,
    figure.county_code,
    figure.county_name,
    figure.school_id,
    figure.stage,
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
from {{ ref('compact_school_indicator').include(database=false) }} as figure
inner join {{ ref('compact_area_mean').include(database=false) }} as area
    on
        figure.school_year = area.school_year
        and figure.county_code = area.county_code
        and figure.stage = area.stage
        and figure.indicator_id = area.indicator_id
        and coalesce(figure.urban_rural, {{ word("'unknown'", 'urban_rural') }}) = area.urban_rural
where figure.value is not null
