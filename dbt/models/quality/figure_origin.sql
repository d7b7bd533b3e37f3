{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    section_origin.school_year,
    section_origin.term,
    section_origin.school_id,
    section_origin.stage,
    field_origin.field_id,
    file_version.path,
    section_origin.sha256,
    coalesce(nullif(field_origin.sheet, ''), section_origin.sheet, '') as sheet,
    field_origin.column_letter
    || cast(coalesce(nullif(field_origin.origin_row, 0), section_origin.source_row) as string) as cell,
    field_origin.form,
    field_origin.form_row,
    field_origin.form_column,
    field_origin.label
from {{ ref('section_origin').include(database=false) }} as section_origin
inner join {{ ref('field_origin').include(database=false) }} as field_origin
    on
        section_origin.sha256 = field_origin.sha256
        and section_origin.stage = field_origin.stage
inner join (
    -- The same bytes may lie in two places; one of them is named.
    select sha256, school_year, term, min(path) as path
    from {{ ref('load').include(database=false) }}
    where superseded_by is null
    group by sha256, school_year, term
) as file_version
    on
        section_origin.sha256 = file_version.sha256
        and section_origin.school_year = file_version.school_year
        and section_origin.term = file_version.term
