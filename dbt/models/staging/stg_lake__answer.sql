{{ config(materialized='table') }}
-- A return may come in either semester of a year; the later semester speaks ('spring' > 'autumn').
select
    cast(school_year as integer) as school_year,
    term,
    county_code,
    county_name,
    coalesce(school_id, '') as school_id,
    coalesce(stage, 'all') as stage,
    item_id,
    value,
    evidence
from (
    select
        *,
        row_number() over (
            partition by school_year, county_code, coalesce(school_id, ''), coalesce(stage, 'all'), item_id
            order by term desc
        ) as choice
    from {{ source('selection', 'answer') }}
    where value is not null
) as answer
where choice = 1
