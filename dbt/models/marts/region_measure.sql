-- A region's figure is known where every county of it is: what one county did not say is not nothing.
with county as (
    select distinct school_year, current_county_code as county_code from {{ ref('int_county') }} -- once per year
),

{% set levels = [('city', 'left(county_code, 4)'), ('province', 'left(county_code, 2)'), ('nation', "'CN'")] -%}
expected as (
    {%- for level, region in levels %}
    select school_year, '{{ level }}' as level, {{ region }} as region_code, count(*) as counties
    from county
    group by school_year, {{ region }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

placed as (
    {%- for level, region in levels %}
    select *, '{{ level }}' as level, {{ region }} as region_code from {{ ref('int_measure') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totalled as (
    select
        placed.school_year,
        placed.period_from,
        placed.level,
        placed.region_code,
        placed.item_id,
        max(item.over_counties) as over_counties,
        count(placed.value) as counties_known,
        count(placed.numerator) as counties_weighed,
        {{ exact_sum('placed.value') }} as total,
        {{ exact_sum('placed.numerator') }} as numerator,
        {{ exact_sum('placed.denominator') }} as denominator,
        min(placed.value) as least,
        max(placed.value) as most,
        count(case when placed.is_tainted then 1 end) as counties_tainted
    from placed
    inner join {{ ref('int_measure_item') }} as item
        on placed.item_id = item.item_id and item.over_counties <> 'none'
    group by placed.school_year, placed.period_from, placed.level, placed.region_code, placed.item_id
),

valued as (
    select
        totalled.*,
        coalesce(expected.counties, totalled.counties_known) as counties,
        case
            when totalled.over_counties = 'same' and totalled.least = totalled.most then totalled.most
            when totalled.counties_known < coalesce(expected.counties, 0) then null
            when totalled.over_counties = 'sum' then totalled.total
            when totalled.over_counties = 'share' and totalled.counties_weighed = totalled.counties_known
                then {{ safe_divide('totalled.numerator', 'totalled.denominator') }}
        end as value
    from totalled
    left join expected
        on
            totalled.school_year = expected.school_year
            and totalled.level = expected.level
            and totalled.region_code = expected.region_code
)

select
    valued.school_year,
    valued.period_from,
    valued.level,
    valued.region_code,
    valued.item_id,
    item.name_zh as item_name,
    valued.value,
    item.unit,
    valued.value / item.shown_factor as shown_value,
    item.shown_unit,
    case when valued.value is null then 'incomplete' else 'known' end as status,
    case when valued.over_counties = 'sum' then valued.total end as known_sum,
    cast(valued.counties_known as integer) as counties_known,
    cast(valued.counties as integer) as counties,
    cast(valued.counties_tainted as integer) as counties_tainted
from valued
inner join {{ ref('int_measure_item') }} as item on valued.item_id = item.item_id
