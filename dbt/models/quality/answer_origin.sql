-- Neighbouring rows of one list (the classes of a school, the movements of a cohort) are one place.
with run as (
    select
        *,
        case
            when cell = ''
                then source_row - row_number() over (
                    partition by
                        school_year, term, county_code, school_id, stage, part, field_id, about, cohort,
                        sha256, sheet, column_letter
                    order by source_row
                )
        end as run_no
    from {{ ref('int_returned_entry') }}
),

place as (
    select
        school_year,
        term,
        county_code,
        school_id,
        stage,
        part,
        field_id,
        about,
        cohort,
        sha256,
        sheet,
        case
            when cell <> '' then cell
            when column_letter = ''
                then cast(min(source_row) as string) || ':' || cast(max(source_row) as string)
            when min(source_row) = max(source_row) then column_letter || cast(min(source_row) as string)
            else
                column_letter || cast(min(source_row) as string)
                || ':' || column_letter || cast(max(source_row) as string)
        end as cell,
        count(*) as entries,
        case when count(value) = count(*) then sum(value) end as value
    from run
    group by
        school_year, term, county_code, school_id, stage, part, field_id, about, cohort, sha256, sheet,
        cell, column_letter, run_no
)

select
    place.school_year,
    place.term,
    place.county_code,
    place.school_id,
    place.stage,
    place.part,
    place.field_id,
    place.about,
    place.cohort,
    cast(place.entries as integer) as entries,
    place.value,
    file_version.path,
    place.sha256,
    place.sheet,
    coalesce(place.cell, '') as cell
from place
left join (
    -- The same bytes may lie in two places; one of them is named.
    select sha256, min(path) as path
    from {{ ref('stg_lake__delivery') }}
    where is_accepted and superseded_by is null
    group by sha256
) as file_version
    on place.sha256 = file_version.sha256
