-- Of several returns that say something about the same, the latest speaks.
select *
from (
    select
        cast(school_year as integer) as returned_year,
        term,
        county_code,
        county_name,
        coalesce(school_id, '') as school_id,
        coalesce(stage, '') as stage,
        item,
        item_key,
        coalesce(level, '') as level,
        cast(from_year as integer) as period_from,
        cast(to_year as integer) as school_year,
        value,
        unit,
        text,
        unit_text,
        evidence,
        note,
        sha256,
        sheet,
        cell,
        row_number() over (
            partition by
                county_code, coalesce(school_id, ''), coalesce(stage, ''), item_key, coalesce(level, ''),
                from_year, to_year
            order by school_year desc, term desc
        ) as choice
    from {{ source('selection', 'measure') }}
) as measure
where choice = 1
