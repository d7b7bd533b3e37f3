with county as (
    select school_year, current_county_code as county_code, max(county_name) as county_name
    from {{ ref('int_county') }}
    group by school_year, current_county_code
),

returned as (
    select county_code, max(county_name) as county_name
    from {{ ref('int_measure_entry') }}
    group by county_code
),

-- The year before has to be the year before: growth over two years is no growth of one.
compared as (
    select
        figure.*,
        figure.school_year - figure.period_from as years_before,
        before.value as previous_value
    from {{ ref('int_measure') }} as figure
    left join {{ ref('int_measure') }} as before
        on
            figure.county_code = before.county_code
            and figure.item_id = before.item_id
            and figure.school_year = figure.period_from
            and before.school_year = before.period_from
            and figure.school_year = before.school_year + 1
),

target as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by county_code, school_year, item_id, period_years
                order by case when stage = 'all' then 0 else 1 end, target_id
            ) as choice
        from {{ ref('policy_target') }}
    ) as ranked
    where choice = 1
)

select
    figure.school_year,
    figure.period_from,
    figure.county_code,
    coalesce(county.county_name, returned.county_name) as county_name,
    item.chapter,
    figure.item_id,
    item.name_zh as item_name,
    figure.value,
    item.unit,
    figure.value / item.shown_factor as shown_value,
    item.shown_unit,
    figure.basis,
    figure.status,
    figure.value - figure.previous_value as change,
    {{ safe_divide('figure.value - figure.previous_value', 'figure.previous_value') }} as growth,
    target.target_value as target,
    target.comparator,
    case when target.target_id is not null then target.verdict end as verdict,
    target.document,
    figure.parts_known,
    figure.parts_expected,
    figure.known_sum,
    figure.other_value,
    figure.other_basis,
    figure.is_tainted,
    cast(item.position as integer) as position
from compared as figure
inner join {{ ref('int_measure_item') }} as item on figure.item_id = item.item_id
left join county
    on figure.school_year = county.school_year and figure.county_code = county.county_code
left join returned on figure.county_code = returned.county_code
left join target
    on
        figure.county_code = target.county_code
        and figure.school_year = target.school_year
        and figure.item_id = target.item_id
        and figure.years_before + 1 = target.period_years
