{%- set columns = [
    'item_id', 'name_zh', 'also', 'name_en', 'unit', 'split_by', 'origin', 'source', 'whole', 'over_schools',
    'over_counties', 'over_years', 'low', 'high', 'better', 'chapter', 'asked', 'county_code',
] %}
-- A county's own line speaks in place of the shipped one.
with item as (
    select {{ columns | join(', ') }}, position
    from {{ ref('measure_item') }} as shipped
    where not exists (
        select 1
        from {{ ref('stg_lake__measure_item') }} as own
        where own.item_id = shipped.item_id
    )
    union all
    select {{ columns | join(', ') }}, 9000 as position
    from {{ ref('stg_lake__measure_item') }}
),

-- The unit of a label, and how the unit itself is written.
unit as (
    select label, unit as dimension, factor
    from (
        select *, row_number() over (partition by label order by position) as choice
        from {{ ref('return_unit') }}
    ) as ranked
    where choice = 1
),

base as (
    select unit, label
    from (
        select *, row_number() over (partition by unit order by position) as choice
        from {{ ref('return_unit') }}
        where factor = 1
    ) as ranked
    where choice = 1
),

-- An item by level or by stage is an item of its own for each, beside the whole.
part as (
    select item.*, '' as part, 0 as part_position, '' as part_zh, '' as part_en
    from item
    union all
    select item.*, word.code, word.position, word.zh, word.en
    from item
    inner join {{ ref('word') }} as word
        on
            (item.split_by = 'level' and word.kind = 'award_level')
            or (item.split_by = 'stage' and word.kind = 'stage' and word.code in ('primary', 'junior'))
)

select
    part.item_id || case when part.part = '' then '' else '_' || part.part end as item_id,
    part.item_id as base_id,
    part.part,
    coalesce(part.split_by, '') as part_by,
    part.part_zh || part.name_zh as name_zh,
    case
        when part.part = '' then part.name_en
        else part.name_en || ', ' || part.part_en
    end as name_en,
    coalesce(part.also, '') as also,
    unit.dimension,
    case
        when unit.dimension = 'yes_no' then ''
        when unit.dimension = '1' then '1'
        when unit.factor = 1 then part.unit
        else base.label
    end as unit,
    part.unit as shown_unit,
    unit.factor as shown_factor,
    part.origin,
    case
        when part.part = '' or part.origin not in ('ratio', 'difference') then part.source
        else part.source || '_' || part.part
    end as source,
    case
        when part.part = '' or part.origin not in ('ratio', 'difference') then part.whole
        else part.whole || '_' || part.part
    end as whole,
    coalesce(part.over_schools, 'none') as over_schools,
    coalesce(part.over_counties, 'none') as over_counties,
    coalesce(part.over_years, 'none') as over_years,
    part.low,
    part.high,
    part.better,
    coalesce(part.chapter, 'other') as chapter,
    coalesce(part.asked, '') as asked,
    coalesce(part.county_code, '*') as county_code,
    part.position * 10 + part.part_position as position
from part
inner join unit on part.unit = unit.label
left join base on unit.dimension = base.unit
