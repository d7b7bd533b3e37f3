with county as (
    select distinct school_year, current_county_code as county_code from {{ ref('int_county') }} -- once per year
),

-- Reviewed targets come before the shipped ones, county by county and year by year.
target as (
    select
        county.county_code,
        county.school_year,
        shipped.target_id,
        shipped.name_zh,
        shipped.item_id,
        shipped.stage,
        cast(coalesce(reviewed.period_years, shipped.period_years, 1) as integer) as period_years,
        case when reviewed.target_id is null then shipped.basis else 'value' end as basis,
        coalesce(reviewed.comparator, shipped.comparator) as comparator,
        coalesce(reviewed.target_value, cast(shipped.target_value as double)) as target_value,
        coalesce(reviewed.document, shipped.document) as document,
        shipped.county_code = '*' and reviewed.target_id is null as is_general
    from county
    inner join {{ ref('plan_target') }} as shipped
        on
            (shipped.county_code = '*' or county.county_code like shipped.county_code || '%')
            and county.school_year >= shipped.first_year
            and county.school_year <= coalesce(shipped.last_year, 9999)
    left join {{ ref('stg_lake__policy_target') }} as reviewed
        on
            county.county_code = reviewed.county_code
            and county.school_year = reviewed.school_year
            and shipped.target_id = reviewed.target_id
    union all
    select
        reviewed.county_code, reviewed.school_year, reviewed.target_id,
        coalesce(known.name_zh, item.name_zh, measure.name_zh, reviewed.target_id),
        coalesce(known.item_id, reviewed.target_id),
        coalesce(known.stage, 'all'), cast(coalesce(reviewed.period_years, known.period_years, 1) as integer),
        'value', reviewed.comparator, reviewed.target_value, reviewed.document, false
    from {{ ref('stg_lake__policy_target') }} as reviewed
    left join (
        select
            target_id, max(name_zh) as name_zh, max(item_id) as item_id, max(stage) as stage,
            max(period_years) as period_years
        from {{ ref('plan_target') }}
        group by target_id
    ) as known on reviewed.target_id = known.target_id
    left join {{ ref('item') }} as item on reviewed.target_id = item.item_id
    left join {{ ref('int_measure_item') }} as measure on reviewed.target_id = measure.item_id
    where not exists (
        select 1
        from {{ ref('plan_target') }} as shipped
        inner join county
            on
                county.county_code = reviewed.county_code
                and county.school_year = reviewed.school_year
        where
            shipped.target_id = reviewed.target_id
            and (shipped.county_code = '*' or reviewed.county_code like shipped.county_code || '%')
            and reviewed.school_year >= shipped.first_year
            and reviewed.school_year <= coalesce(shipped.last_year, 9999)
    )
),

-- A figure of the trend, or an item of other data: of a year, or a sum over the years of a plan.
figure as (
    select county_code, school_year, item_id, stage, 1 as period_years, value, is_tainted
    from {{ ref('trend') }}
    union all
    select
        county_code, school_year, item_id, 'all', school_year - period_from + 1, value, is_tainted
    from {{ ref('int_measure') }}
    where
        value is not null
        and not (
            period_from = school_year and item_id in (select item.item_id from {{ ref('item') }} as item)
        )
),

actual as (
    select
        target.county_code,
        target.target_id,
        target.school_year,
        target.name_zh,
        target.comparator,
        target.document,
        target.basis,
        target.item_id,
        target.stage,
        target.period_years,
        target.is_general,
        case when target.basis = 'value' then target.target_value else before.value end as target_value,
        figure.value as actual_value,
        coalesce(figure.is_tainted, false) or (target.basis = 'previous' and coalesce(before.is_tainted, false))
            as is_tainted
    from target
    left join figure
        on
            target.county_code = figure.county_code
            and target.period_years = figure.period_years
            and target.school_year = figure.school_year
            and target.item_id = figure.item_id
            and target.stage = figure.stage
    left join figure as before -- the figure itself: a difference of two would lose digits
        on
            target.county_code = before.county_code
            and target.period_years = before.period_years
            and target.school_year = before.school_year + 1
            and target.item_id = before.item_id
            and target.stage = before.stage
)

select
    county_code,
    target_id,
    name_zh as target_name,
    school_year,
    comparator,
    target_value,
    actual_value,
    case
        when actual_value is null then 'not_reported'
        when target_value is null then 'not_due' -- no year before to compare with
        when is_tainted then 'unverified'
        -- 只增不减: an amount that fell by a cent fell.
        when basis = 'previous' and {{ compares('actual_value', 'comparator', 'target_value', exact=true) }} then 'met'
        when basis = 'previous' then 'not_met'
        when {{ compares('actual_value', 'comparator', 'target_value') }} then 'met'
        else 'not_met'
    end as verdict,
    document,
    is_tainted,
    item_id,
    stage,
    period_years
from actual
-- What holds for all counties is judged where something was reported.
where not is_general or actual_value is not null
