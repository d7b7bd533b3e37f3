select
    field_id,
    name_zh,
    name_en,
    unit,
    scope,
    kind
from {{ source('lake', 'dictionary') }}
