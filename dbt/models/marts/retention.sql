select
    stated.school_year,
    stated.county_code,
    county.county_name,
    stated.school_id,
    school.school_name,
    stated.stage,
    stated.cohort_years,
    stated.cohort,
    stated.entrants,
    stated.transfers_in,
    stated.transfers_out,
    stated.resumed,
    stated.suspended,
    stated.deaths,
    stated.dropouts,
    stated.completions,
    stated.still_enrolled,
    stated.arrivals,
    stated.graduates,
    stated.retention,
    stated.retention_alternative,
    stated.retention_uncapped,
    stated.flow_balance,
    stated.semesters,
    stated.source,
    stated.status
from {{ ref('int_retention') }} as stated
left join (
    select coalesce(code.county_code, place.county_code) as county_code, max(place.county_name) as county_name
    from {{ ref('dim_section') }} as place
    left join {{ ref('stg_lake__county_code') }} as code on place.county_code = code.old_code
    group by coalesce(code.county_code, place.county_code)
) as county on stated.county_code = county.county_code
left join (
    select school_id, max_by(school_name, school_year) as school_name
    from {{ ref('dim_school') }}
    group by school_id
) as school on stated.school_id = school.school_id
