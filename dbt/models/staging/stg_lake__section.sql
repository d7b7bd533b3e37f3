-- A county code that no list knows is no county: counted_county_* say where the school counts instead.
select
    section.*,
    counted.county_code as counted_county_code,
    counted.county_name as counted_county_name
from {{ source('lake', 'section') }} as section
left join {{ source('selection', 'counted_county') }} as counted
    on
        section.school_id = counted.school_id
        and section.school_year = counted.school_year
        and section.term = counted.term
        and section.county_code = counted.reported_code
