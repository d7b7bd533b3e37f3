with file_version as (
    select
        path,
        sha256,
        school_year,
        term,
        shape,
        profile,
        vintage,
        sections,
        loaded_at,
        superseded_by
    from {{ ref('stg_lake__delivery') }}
    where is_accepted
),

in_force as (
    select sha256, school_year, term, count(*) as current_sections
    from {{ ref('stg_lake__current') }}
    group by sha256, school_year, term
),

-- Files that speak for no school any more although their path was not delivered again: some other
-- file did so for the same schools.
outdone as (
    select distinct file_version.sha256, file_version.school_year, file_version.term -- per file
    from file_version
    left join in_force
        on
            file_version.sha256 = in_force.sha256
            and file_version.school_year = in_force.school_year
            and file_version.term = in_force.term
    where
        file_version.superseded_by is null
        and file_version.sections > 0
        and in_force.sha256 is null
),

successor as (
    select outdone.sha256, outdone.school_year, outdone.term, max(winner.sha256) as superseded_by
    from outdone
    inner join {{ ref('stg_lake__section') }} as section
        on
            outdone.sha256 = section.sha256
            and outdone.school_year = section.school_year
            and outdone.term = section.term
    inner join {{ ref('stg_lake__current') }} as winner
        on
            section.school_year = winner.school_year
            and section.term = winner.term
            and section.school_id = winner.school_id
            and section.stage = winner.stage
    group by outdone.sha256, outdone.school_year, outdone.term
),

-- A file of several school years has a row for each; what is of none of them counts with the latest.
latest as (
    select sha256, max(school_year) as school_year
    from file_version
    group by sha256
),

left_out as (
    select
        entry.sha256,
        coalesce(own.school_year, latest.school_year) as school_year,
        entry.reason,
        sum(entry.rows) as rows
    from {{ ref('stg_lake__set_aside') }} as entry
    inner join latest on entry.sha256 = latest.sha256
    left join (
        select distinct sha256, school_year -- the same bytes may lie in two places
        from file_version
    ) as own
        on entry.sha256 = own.sha256 and entry.school_year = own.school_year
    group by entry.sha256, coalesce(own.school_year, latest.school_year), entry.reason
),

-- What the readers did not use, by reason.
set_aside as (
    select
        sha256,
        school_year,
        sum(rows) as set_aside_rows,
        sum(case when reason = 'doubtful' then rows else 0 end) as doubtful_rows,
        '{' || {{ dbt.listagg("'\"' || reason || '\": ' || cast(rows as string)", "', '", "order by reason") }} || '}'
            as set_aside_reasons
    from left_out
    group by sha256, school_year
)

select
    file_version.path,
    file_version.sha256,
    file_version.school_year,
    file_version.term,
    file_version.shape,
    file_version.profile,
    file_version.vintage,
    file_version.sections as rows,
    case when file_version.superseded_by is null then coalesce(in_force.current_sections, 0) else 0 end
        as current_rows,
    cast(coalesce(set_aside.set_aside_rows, 0) as bigint) as set_aside_rows,
    cast(coalesce(set_aside.doubtful_rows, 0) as bigint) as doubtful_rows,
    coalesce(set_aside.set_aside_reasons, '{}') as set_aside_reasons,
    file_version.loaded_at,
    coalesce(file_version.superseded_by, successor.superseded_by) as superseded_by
from file_version
left join in_force
    on
        file_version.sha256 = in_force.sha256
        and file_version.school_year = in_force.school_year
        and file_version.term = in_force.term
left join successor
    on
        file_version.sha256 = successor.sha256
        and file_version.school_year = successor.school_year
        and file_version.term = successor.term
left join set_aside
    on
        file_version.sha256 = set_aside.sha256
        and coalesce(file_version.school_year, 0) = coalesce(set_aside.school_year, 0)
