-- one row per entry of other data (relation `measure`): which item it means, whether it may, and what
-- the schools and the year before say of the same
create or replace table frame_measure as
with
unit as (
    select label, arg_min(unit, position) as dimension, arg_min(factor, position) as factor
    from return_unit
    group by label
),
item as (
    select * from own_measure_item
    union all by name
    select * from measure_item where item_id not in (select item_id from own_measure_item)
),
part as (
    select item_id, name_zh, also, unit, low, high, county_code, coalesce(split_by, '') as split_by, '' as part
    from item
    union all
    select
        item.item_id || '_' || known.code, known.word || item.name_zh, null, item.unit, item.low, item.high,
        item.county_code, item.split_by, known.code
    from item
    join (values $parts) as known (split_by, code, word) on known.split_by = item.split_by
),
-- ids and names, each with the part that it means
known_name as (
    select distinct
        unnest(
            list_distinct([item_id, $key] || string_split(coalesce($other_keys, item_id), ';'))
        ) as item_key,
        item_id, name_zh, unit, low, high, county_code, split_by, part
    from part
),
meant as (
    select
        measure.*,
        known_name.item_id,
        known_name.name_zh as item_name,
        known_name.unit as item_unit,
        known_name.split_by,
        known_name.part,
        known_name.low,
        known_name.high,
        unit.dimension,
        unit.factor,
        count(known_name.item_id) over entry as items
    from measure
    left join known_name
        on known_name.item_key = measure.item_key
        and (known_name.county_code = '*' or starts_with(measure.county_code, known_name.county_code))
    left join unit on unit.label = known_name.unit
    where measure.school_year between $before and $last
    window entry as (partition by measure.sha256, measure.sheet, measure.cell)
),
entry as (
    select
        * exclude (level),
        coalesce(level, '') as level,
        item_id
            || case when part = '' and split_by = 'level' and level is not null then '_' || level
                when part = '' and split_by = 'stage' and stage is not null then '_' || stage else '' end
            as whole_id,
        case
            when items = 0 then 'unknown_item'
            when items > 1 then 'ambiguous_item'
            when level is not null and (split_by <> 'level' or part not in ('', level)) then 'other_part'
            when stage is not null and (split_by <> 'stage' or part not in ('', stage)) then 'other_part'
            when unit <> dimension then 'other_unit'
        end as trouble
    from meant
    qualify row_number() over (partition by sha256, sheet, cell order by item_id) = 1
),
of_schools as (
    select school_year, county_code, whole_id, from_year, to_year, sum(value) as schools_sum, count(*) as schools
    from entry
    where school_id is not null and trouble is null
    group by all
),
of_county as (
    select county_code, whole_id, from_year, to_year, arg_max(value, school_year) as value
    from entry
    where school_id is null and trouble is null
    group by all
)
select
    entry.school_year,
    entry.term,
    entry.county_code,
    entry.county_name,
    entry.school_id,
    null::varchar as school_name,
    null::varchar as stage,
    entry.sha256,
    entry.sheet,
    null::integer as source_row,
    null::varchar as profile,
    null::varchar as vintage,
    null::varchar as standards,
    entry.cell,
    entry.whole_id as taints,
    concat_ws('!', entry.sheet, entry.cell) as place,
    entry.item,
    coalesce(entry.item_name, entry.item) as item_name,
    entry.item_unit,
    entry.unit_text,
    entry.trouble,
    entry.value,
    entry.text,
    entry.value / entry.factor as shown,
    entry.low,
    entry.high,
    of_schools.schools_sum / entry.factor as schools_shown,
    of_schools.schools_sum,
    of_schools.schools,
    prev.value as prev_value,
    prev.value / entry.factor as prev_shown,
    entry.from_year,
    entry.to_year,
    null::varchar as frame_note
from entry
left join of_schools
    on entry.school_id is null and entry.trouble is null
    and of_schools.school_year = entry.school_year and of_schools.county_code = entry.county_code
    and of_schools.whole_id = entry.whole_id
    and of_schools.from_year = entry.from_year and of_schools.to_year = entry.to_year
left join of_county as prev
    on entry.school_id is null and entry.trouble is null and entry.from_year = entry.to_year
    and prev.county_code = entry.county_code and prev.whole_id = entry.whole_id
    and prev.from_year = entry.from_year - 1 and prev.to_year = entry.to_year - 1
where entry.school_year between $first and $last
