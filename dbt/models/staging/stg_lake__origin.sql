select
    sha256,
    stage,
    field_id,
    coalesce(sheet, '') as sheet,
    column_letter,
    coalesce(cast(fixed_row as integer), 0) as origin_row, -- 0: the section's own row
    form,
    form_row,
    form_column,
    label
from {{ source('lake', 'origin') }}
