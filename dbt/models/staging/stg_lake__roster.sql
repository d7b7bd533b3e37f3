select
    cast(school_year as integer) as school_year,
    term,
    county_code,
    school_id,
    stage,
    grade,
    class_name,
    pupils
from {{ selection('roster') }}
