select
    path,
    sha256,
    cast(school_year as integer) as school_year,
    term,
    shape,
    profile,
    vintage,
    cast(rows as bigint) as sections,
    loaded_at,
    accepted as is_accepted,
    is_refused,
    superseded_by,
    reason,
    reason_zh,
    message,
    sheet,
    cell
from {{ source('selection', 'delivery') }}
