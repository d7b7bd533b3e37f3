with asked as (
    select distinct school_year, region_code -- once per year and region with a rule of its own
    from {{ ref('int_county') }}
),

candidate as (
    select
        asked.school_year,
        asked.region_code,
        standard.part_id,
        standard.comparator,
        cast(standard.threshold as double) as threshold,
        standard.document,
        standard.region_code <> 'CN' as is_regional,
        row_number() over (
            partition by asked.school_year, asked.region_code, standard.part_id
            order by {{ order_by_nearest_region('standard') }}
        ) as choice
    from asked
    inner join {{ ref('item_standard') }} as standard
        on
            {{ is_in_force('standard', 'asked.school_year', 'asked.region_code') }}
)

select
    asked.school_year,
    asked.region_code,
    part.part_id,
    part.item_id,
    part.position,
    part.stage,
    part.level,
    part.role,
    part.scale,
    part.decimals,
    part.name_zh,
    part.wording,
    part.wording_met,
    part.wording_unmet,
    part.what_to_do,
    part.gap_unit,
    part.gap_decimals,
    part.total,
    candidate.comparator,
    candidate.threshold,
    candidate.document,
    coalesce(candidate.is_regional, false) as is_regional
from asked
cross join {{ ref('item_part') }} as part
left join candidate
    on
        asked.school_year = candidate.school_year
        and asked.region_code = candidate.region_code
        and part.part_id = candidate.part_id
        and candidate.choice = 1
