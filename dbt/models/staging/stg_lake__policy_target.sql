select
    county_code,
    target_id,
    cast(school_year as integer) as school_year,
    target_value,
    comparator,
    document,
    period_years
from {{ source('mapping', 'policy_target') }}
