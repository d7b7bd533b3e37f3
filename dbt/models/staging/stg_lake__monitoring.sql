select
    cast(school_year as integer) as school_year,
    county_code,
    stage,
    subject,
    level,
    between_school_rate
from {{ source('selection', 'monitoring') }}
