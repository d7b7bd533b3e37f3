select
    cast(school_year as integer) as school_year,
    term,
    county_code,
    school_id,
    stage,
    grade,
    class_name,
    pupils,
    coalesce(is_complete, true) as is_complete
from {{ source('selection', 'roster') }}
