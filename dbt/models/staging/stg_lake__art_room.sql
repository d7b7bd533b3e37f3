-- The rooms of the latest semester that lists any of a section.
select
    school_year, county_code, school_id, stage, kind, area_m2, built_year, is_complete
from (
    select
        cast(school_year as integer) as school_year,
        county_code,
        school_id,
        stage,
        kind,
        area_m2,
        built_year,
        coalesce(is_complete, true) as is_complete,
        dense_rank() over (partition by school_year, school_id, stage order by term desc) as choice
    from {{ source('selection', 'art_room') }}
) as room
where choice = 1
