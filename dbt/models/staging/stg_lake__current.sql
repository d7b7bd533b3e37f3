select
    cast(school_year as integer) as school_year,
    term,
    school_id,
    stage,
    sha256
from {{ source('selection', 'current') }}
