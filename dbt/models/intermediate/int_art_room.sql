-- G3: the rooms that are large enough for when and where they were built, against one of each kind
-- for every twelve classes. A room shared by two stages stands under one of them: the number is judged
-- for the school as a whole, the size by the classes of its stage. What is not known (the area, the year,
-- the largest class, town or country) makes a rule neither hold nor fail: SQL's own three values.
with size as (
    select
        school_year,
        school_id,
        stage,
        classes,
        mean_size,
        largest_class,
        largest_class_from
    from {{ ref('class_size') }}
    where term = '{{ setting("census_term") }}'
),

-- The schools that told of a room; their classes only where those of all stages are known.
school as (
    select
        room.school_year,
        room.school_id,
        place.urban_rural = 'rural' as is_rural,
        size.classes
    from (
        select distinct school_year, school_id from {{ ref('stg_lake__art_room') }} -- once per school
    ) as room
    left join {{ ref('dim_school') }} as place
        on room.school_year = place.school_year and room.school_id = place.school_id
    left join (
        select
            school_year,
            school_id,
            case when count(classes) = count(*) then sum(classes) end as classes
        from size
        group by school_year, school_id
    ) as size
        on room.school_year = size.school_year and room.school_id = size.school_id
),

ruled_room as (
    select
        room.school_year,
        room.school_id,
        room.room_id,
        room.kind,
        {{ at_least('room.area_m2', 'size_rule.min_area_m2') }}
        and (size_rule.built_to is null or room.built_year <= size_rule.built_to)
        and (size_rule.is_rural is null or school.is_rural = size_rule.is_rural)
        and (
            size_rule.max_class is null
            or case
                when size.largest_class <= size_rule.max_class then true
                when size.largest_class_from > size_rule.max_class or size.mean_size > size_rule.max_class then false
            end
        ) as is_fit
    from (
        select *, row_number() over (order by school_year, school_id, stage, kind, area_m2, built_year) as room_id
        from {{ ref('stg_lake__art_room') }}
    ) as room
    inner join school
        on room.school_year = school.school_year and room.school_id = school.school_id
    left join size
        on
            room.school_year = size.school_year
            and room.school_id = size.school_id
            and room.stage = size.stage
    inner join {{ ref('art_room_size') }} as size_rule
        on room.kind = size_rule.kind and room.stage = size_rule.stage
),

fit as (
    select
        school_year,
        school_id,
        kind,
        count(case when is_fit then 1 end) as rooms,
        count(case when is_fit or is_open then 1 end) as rooms_at_most
    from (
        -- The mildest rule decides.
        select
            school_year, school_id, room_id, kind,
            coalesce(bool_or(is_fit), false) as is_fit,
            bool_or(is_fit is null) as is_open
        from ruled_room
        group by school_year, school_id, room_id, kind
    ) as room
    group by school_year, school_id, kind
)

select
    school.school_year,
    school.school_id,
    kind.kind,
    ceil(school.classes / kind.classes_per_room) as needed,
    cast(coalesce(fit.rooms, 0) as double) as rooms,
    cast(coalesce(fit.rooms_at_most, 0) as double) as rooms_at_most
from school
cross join (
    select kind, max(classes_per_room) as classes_per_room
    from {{ ref('art_room_size') }}
    group by kind
) as kind
left join fit
    on
        school.school_year = fit.school_year
        and school.school_id = fit.school_id
        and kind.kind = fit.kind
where coalesce(school.classes, 1) > 0
