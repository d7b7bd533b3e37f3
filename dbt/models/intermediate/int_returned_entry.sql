-- What returns brought, entry by entry, with the column and row (or the cell) that each stands in. Of
-- the two semesters of a year the later one that can be read speaks, as in stg_lake__answer.
with letter as (
    select sha256, field_id, sheet, min(column_letter) as column_letter
    from {{ ref('stg_lake__origin') }}
    where stage = ''
    group by sha256, field_id, sheet
),

answer as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by school_year, county_code, coalesce(school_id, ''), coalesce(stage, 'all'), item_id
                order by case when value is null then 1 else 0 end, term desc
            ) as choice
        from {{ source('selection', 'answer') }}
    ) as answer
    where choice = 1
),

entry as (
    select
        school_year, term, county_code, school_id, stage, 'answer' as part, item_id as field_id,
        cast(null as string) as about, cast(null as integer) as cohort, value, sha256, sheet, cell,
        cast(null as integer) as source_row
    from answer
    union all
    select
        school_year, term, county_code, school_id, stage, 'art_room', 'area_m2', kind, null, area_m2,
        sha256, sheet, cell, null
    from {{ source('selection', 'art_room') }}
    union all
    select
        school_year, term, county_code, null, stage, 'monitoring', 'level', subject, null, level,
        sha256, sheet, cell, null
    from {{ source('selection', 'monitoring') }}
    union all
    select
        school_year, term, county_code, school_id, stage, 'roster', 'pupils', null, null, pupils,
        sha256, sheet, null, source_row
    from {{ source('selection', 'roster') }}
    union all
    select
        school_year, term, county_code, school_id, stage, 'movement', 'pupils', kind, cohort, pupils,
        sha256, sheet, null, source_row
    from {{ source('selection', 'movement') }}
    union all
    -- Other data stand under the item they mean, the year and the first year of the period they are of.
    select
        school_year, term, returned_county_code, school_id, null, 'measure',
        coalesce(item_id, item_as_written), trouble, period_from, value, sha256, sheet, cell, null
    from {{ ref('int_measure_entry') }}
    union all
    select
        returned_year, term, county_code, school_id, null, 'project', 'name', project_name, null, money_yuan,
        sha256, sheet, null, source_row
    from {{ ref('stg_lake__project') }}
)

select
    cast(entry.school_year as integer) as school_year,
    entry.term,
    coalesce(entry.county_code, '') as county_code,
    coalesce(entry.school_id, '') as school_id,
    coalesce(entry.stage, 'all') as stage,
    entry.part,
    entry.field_id,
    coalesce(entry.about, '') as about,
    cast(coalesce(entry.cohort, 0) as integer) as cohort,
    cast(entry.value as double) as value,
    entry.sha256,
    coalesce(entry.sheet, '') as sheet,
    coalesce(entry.cell, '') as cell,
    coalesce(letter.column_letter, '') as column_letter,
    cast(entry.source_row as integer) as source_row
from entry
left join letter
    on
        entry.sha256 = letter.sha256
        and entry.part || '.' || entry.field_id = letter.field_id
        and coalesce(entry.sheet, '') = letter.sheet
where entry.school_year is not null
