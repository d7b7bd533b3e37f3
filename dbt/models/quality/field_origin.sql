select
    origin.sha256,
    origin.stage,
    origin.field_id,
    origin.sheet,
    origin.column_letter,
    origin.origin_row,
    origin.form,
    origin.form_row,
    origin.form_column,
    origin.label
from {{ ref('stg_lake__origin') }} as origin
where
    exists (
        select 1
        from {{ ref('stg_lake__current') }} as current_row
        where current_row.sha256 = origin.sha256
    )
