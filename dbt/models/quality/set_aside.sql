select
    file_version.path,
    entry.sha256,
    cast(row_number() over (
        partition by entry.sha256
        order by entry.part, entry.sheet, entry.source_row, entry.cell, entry.reason, entry.field_id, entry.sentence
    ) as integer) as entry_no,
    entry.school_year,
    entry.term,
    entry.county_code,
    entry.county_name,
    entry.school_id,
    entry.school_name,
    entry.stage,
    entry.part,
    entry.field_id,
    entry.reason,
    entry.reason_zh,
    entry.rows,
    entry.sheet,
    entry.cell,
    entry.source_row,
    entry.token,
    entry.sentence,
    entry.sentence_zh,
    entry.is_standing
from {{ ref('stg_lake__set_aside') }} as entry
left join (
    -- The same bytes may lie in two places; one of them is named.
    select sha256, min(path) as path
    from {{ ref('stg_lake__delivery') }}
    where is_accepted
    group by sha256
) as file_version
    on entry.sha256 = file_version.sha256
