-- What the column map of a file missed or did not know, for the files that count.
select distinct -- a label may stand twice in one sheet
    file_version.path,
    drift.sha256,
    drift.kind,
    coalesce(drift.sheet, '') as sheet,
    drift.label,
    coalesce(drift.field_id, '') as field_id,
    drift.found
from {{ source('lake', 'drift') }} as drift
inner join {{ ref('stg_lake__delivery') }} as file_version
    on drift.sha256 = file_version.sha256
where file_version.is_accepted and file_version.superseded_by is null
