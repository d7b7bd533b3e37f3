-- Which item an entry means, and whether it may: what does not fit is told (trouble) and in no figure.
with entry as (
    select
        measure.*,
        coalesce(code.county_code, measure.county_code) as current_county_code,
        row_number() over (
            order by
                measure.county_code, measure.school_id, measure.item_key, measure.level, measure.stage,
                measure.period_from, measure.school_year
        ) as entry_no
    from {{ ref('stg_lake__measure') }} as measure
    left join {{ ref('stg_lake__county_code') }} as code on measure.county_code = code.old_code
),

item as (
    select
        *,
        {{ measure_key('name_zh') }} as name_key,
        ';' || {{ measure_key('also') }} || ';' as also_keys
    from {{ ref('int_measure_item') }}
),

-- What names may mean, each once: by an id or name as a whole, else by another name.
meant as (
    select
        named.item_key,
        item.item_id,
        item.base_id,
        item.part,
        item.part_by,
        item.county_code,
        case when named.item_key in (item.item_id, item.name_key) then 1 else 2 end as nearness
    from (select distinct item_key from entry) as named -- few, whatever the number of counties
    inner join item
        on
            named.item_key in (item.item_id, item.name_key)
            or (item.part = '' and item.also_keys like '%;' || named.item_key || ';%')
),

ranked as (
    select
        entry.entry_no,
        meant.base_id,
        meant.part,
        meant.part_by,
        rank() over (partition by entry.entry_no order by meant.nearness) as choice
    from entry
    inner join meant
        on
            entry.item_key = meant.item_key
            and (meant.county_code = '*' or entry.current_county_code like meant.county_code || '%')
),

found as (
    select
        entry_no,
        count(*) as items,
        min(base_id) as base_id,
        min(part) as part,
        min(part_by) as part_by
    from ranked
    where choice = 1
    group by entry_no
),

placed as (
    select
        entry.*,
        found.items,
        found.base_id,
        found.part_by,
        case
            when found.part <> '' then found.part
            when found.part_by = 'level' then entry.level
            when found.part_by = 'stage' then entry.stage
            else ''
        end as part,
        -- A level or stage that the item does not know, or that its name contradicts.
        (entry.level <> '' and (found.part_by <> 'level' or (found.part <> '' and found.part <> entry.level)))
        or (entry.stage <> '' and (found.part_by <> 'stage' or (found.part <> '' and found.part <> entry.stage)))
            as has_other_part
    from entry
    left join found on entry.entry_no = found.entry_no
)

select
    placed.returned_year,
    placed.term,
    placed.school_year,
    placed.period_from,
    placed.current_county_code as county_code,
    placed.county_code as returned_county_code,
    placed.county_name,
    placed.school_id,
    item.item_id,
    placed.item as item_as_written,
    placed.value,
    placed.unit,
    placed.text,
    placed.unit_text,
    placed.evidence,
    placed.note,
    case
        when placed.items is null then 'unknown_item'
        when placed.items > 1 then 'ambiguous_item'
        when placed.has_other_part or item.item_id is null then 'other_part'
        when placed.unit <> item.dimension then 'other_unit'
    end as trouble,
    placed.sha256,
    placed.sheet,
    placed.cell
from placed
left join {{ ref('int_measure_item') }} as item
    on
        placed.items = 1
        and item.base_id = placed.base_id
        and item.part = placed.part
