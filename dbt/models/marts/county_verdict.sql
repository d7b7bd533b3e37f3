with counted as (
    select
        assessment.school_year,
        assessment.county_code,
        assessment.standard_id,
        max(assessment.county_name) as county_name,
        count(case when item.is_indicator and assessment.verdict = 'met' then 1 end) as items_met,
        count(case when item.is_indicator then 1 end) as items_total,
        count(case when item.is_indicator and assessment.verdict = 'not_met' then 1 end) as items_not_met,
        count(case when item.is_indicator and assessment.verdict = 'not_reported' then 1 end)
            as items_not_reported,
        count(case when item.is_indicator and assessment.verdict = 'not_due' then 1 end) as items_not_due,
        count(case when item.is_indicator and assessment.verdict = 'unverified' then 1 end) as items_unverified,
        count(case when item.is_indicator and assessment.verdict = 'not_applicable' then 1 end)
            as items_not_applicable,
        max(case when assessment.item_id = 'S1' then assessment.verdict end) as satisfaction_verdict,
        max(case when assessment.item_id = 'V' then assessment.verdict end) as veto_verdict,
        count(case when assessment.verdict = 'not_met' then 1 end) as unmet,
        count(case when assessment.verdict = 'not_reported' then 1 end) as unreported,
        count(case when assessment.verdict = 'unverified' then 1 end) as unverified,
        count(case when assessment.verdict = 'met' then 1 end) as met,
        {{ dbt.listagg(
            "case when assessment.verdict = 'not_met' then assessment.item_id || ' ' || assessment.item_name"
            ~ " || '：' || assessment.evidence end", "'；'", 'order by item.position'
        ) }} as unmet_reasons,
        {{ dbt.listagg(
            "case when assessment.verdict = 'not_reported' then assessment.item_id end", "'、'",
            'order by item.position'
        ) }} as unreported_items,
        {{ dbt.listagg(
            "case when assessment.verdict = 'unverified' then assessment.item_id end", "'、'",
            'order by item.position'
        ) }} as unverified_items
    from {{ ref('county_assessment') }} as assessment
    inner join (
        -- 31 indicators; satisfaction and vetoes stand beside them.
        select item_id, position, item_id not in ('S1', 'V') as is_indicator from {{ ref('item') }}
    ) as item on assessment.item_id = item.item_id
    group by assessment.school_year, assessment.county_code, assessment.standard_id
),

composite as (
    select
        school_year,
        county_code,
        max(case when stage = 'primary' then composite_cv end) as composite_primary,
        max(case when stage = 'junior' then composite_cv end) as composite_junior
    from {{ ref('county_composite') }}
    where standard_id = '2017'
    group by school_year, county_code
),

decided as (
    select
        counted.*,
        county.current_county_code,
        composite.composite_primary,
        composite.composite_junior,
        case
            when counted.unmet > 0 then false
            when counted.unreported > 0 or counted.unverified > 0 or counted.met = 0 then null
            else true
        end as attains,
        coalesce(composite.composite_primary, 9) + coalesce(composite.composite_junior, 9) as spread
    from counted
    inner join {{ ref('int_county') }} as county
        on counted.school_year = county.school_year and counted.county_code = county.county_code
    left join composite
        on counted.school_year = composite.school_year and counted.county_code = composite.county_code
)
{% set order = 'order by items_met desc, items_not_met, spread' %}
select
    school_year,
    county_code,
    county_name,
    standard_id,
    cast(items_met as integer) as items_met,
    cast(items_total as integer) as items_total,
    attains,
    case
        when attains then '各项指标全部达标'
        else concat_ws(
            '；', unmet_reasons,
            case when unverified > 0 then {{ word_zh('verdict', 'unverified') }} || '：' || unverified_items end,
            case when unreported > 0 then {{ word_zh('verdict', 'not_reported') }} || '：' || unreported_items end
        )
    end as reasons,
    cast(items_not_met as integer) as items_not_met,
    cast(items_not_reported as integer) as items_not_reported,
    cast(items_not_due as integer) as items_not_due,
    cast(items_unverified as integer) as items_unverified,
    cast(items_not_applicable as integer) as items_not_applicable,
    satisfaction_verdict,
    veto_verdict,
    composite_primary,
    composite_junior,
    cast(rank() over (partition by school_year, standard_id, left(current_county_code, 4) {{ order }}) as integer)
        as rank_in_city,
    cast(rank() over (partition by school_year, standard_id, left(current_county_code, 2) {{ order }}) as integer)
        as rank_in_province,
    cast(rank() over (partition by school_year, standard_id {{ order }}) as integer) as rank_in_nation
from decided
