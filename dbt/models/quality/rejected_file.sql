select
    path,
    sha256,
    reason,
    sheet,
    cell,
    loaded_at
from {{ ref('stg_lake__delivery') }}
where is_refused
