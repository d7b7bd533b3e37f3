select
    path,
    sha256,
    reason,
    reason_zh,
    message,
    sheet,
    cell,
    loaded_at
from {{ ref('stg_lake__delivery') }}
where is_refused

union all

-- Inputs of the project's own: reviews, and mappings with lines that were set aside. They are read
-- anew by every load, so no time belongs to them.
select
    path,
    sha256,
    reason,
    reason_zh,
    message,
    sheet,
    cell,
    cast(null as timestamp) as loaded_at
from {{ source('selection', 'refused_input') }}
