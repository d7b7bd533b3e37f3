select
    cast(school_year as integer) as school_year,
    term,
    county_code,
    school_id,
    stage,
    cast(cohort_years as integer) as cohort_years,
    cast(cohort as integer) as cohort,
    entrants,
    transfers_in,
    transfers_out,
    resumed,
    suspended,
    dropouts,
    deaths,
    completions,
    still_enrolled,
    graduates
from {{ source('selection', 'cohort') }}
