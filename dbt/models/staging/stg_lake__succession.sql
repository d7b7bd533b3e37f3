select
    school_id,
    successor_school_id,
    cast(school_year as integer) as school_year,
    kind,
    share
from {{ source('mapping', 'succession') }}
