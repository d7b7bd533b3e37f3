select
    school_id,
    parent_school_id,
    coalesce(cast(from_year as integer), 0) as from_year,
    coalesce(cast(to_year as integer), 9999) as to_year
from {{ source('mapping', 'teaching_point') }}
