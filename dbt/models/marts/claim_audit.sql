with claim as (
    select
        claim.*,
        county.county_code as found_code
    from {{ ref('stg_lake__claim') }} as claim
    left join (
        select county_name, min(current_county_code) as county_code
        from {{ ref('int_county') }}
        group by county_name
        having count(distinct current_county_code) = 1
    ) as county on claim.county_name = county.county_name
),

placed as (
    select
        *,
        coalesce(county_code, found_code) as place_code,
        case when stage in ('primary', 'junior') then stage else 'all' end as figure_stage
    from claim
),

-- What the warehouse says to the same statement.
county_figure as (
    select placed.claim_id, known.factor * figure.value as value, known.note_zh, figure.item_id
    from placed
    inner join {{ ref('claim_statement') }} as known
        on placed.statement = known.statement and known.scope = 'county'
    inner join {{ ref('trend') }} as figure
        on
            placed.place_code = figure.county_code
            and placed.school_year = figure.school_year
            and known.item_id = figure.item_id
            and placed.figure_stage = figure.stage
),

school_figure as (
    select
        placed.claim_id, known.factor * coalesce(gap.shortfall_per_pupil, 0) as value, known.note_zh,
        known.item_id
    from placed
    inner join {{ ref('claim_statement') }} as known
        on known.scope = 'school' and placed.statement like '%' || known.statement
    inner join {{ ref('dim_school') }} as school
        on
            placed.place_code = school.county_code
            and placed.school_year = school.school_year
            and (
                placed.statement = school.school_name || known.statement
                or placed.county_name || placed.statement = school.school_name || known.statement
            )
    left join {{ ref('gap') }} as gap
        on
            school.school_year = gap.school_year
            and school.school_id = gap.school_id
            and known.item_id = gap.part_id
            and placed.figure_stage = gap.stage
    where placed.figure_stage in ('primary', 'junior')
),

region_figure as (
    select
        placed.claim_id, known.factor * figure.margin as value, known.note_zh, known.item_id,
        row_number() over (partition by placed.claim_id order by figure.school_year desc) as choice
    from placed
    inner join {{ ref('claim_statement') }} as known
        on placed.statement = known.statement and known.scope = 'region'
    inner join {{ ref('region_item') }} as figure
        on
            left(placed.place_code, 4) = figure.region_code
            and figure.level = 'city'
            and (placed.school_year is null or placed.school_year = figure.school_year)
            and known.item_id = figure.item_id
            and figure.stage = 'all'
            and figure.margin is not null
    where placed.stage = 'city'
),

found as (
    select claim_id, max(value) as value, max(note_zh) as note_zh, max(item_id) as item_id
    from (
        select claim_id, value, note_zh, item_id from county_figure
        union all
        select claim_id, value, note_zh, item_id from school_figure
        union all
        select claim_id, value, note_zh, item_id from region_figure where choice = 1
    ) as figure
    group by claim_id
    having count(*) = 1
),

stated as (
    select
        placed.*,
        {{ sum_of_parts('placed.numerator') }} as first_part,
        {{ sum_of_parts('placed.denominator') }} as second_part
    from placed
),

recomputed as (
    select
        stated.*,
        found.value as warehouse_value,
        found.item_id,
        found.note_zh,
        case
            when multiplier = 'sum' then first_part
            when multiplier = 'diff' then first_part - second_part
            else {{ safe_divide('first_part', 'second_part') }} * try_cast(multiplier as double)
        end as parts_value
    from stated
    left join found on stated.claim_id = found.claim_id
),

rounded as (
    select
        *,
        coalesce(warehouse_value, parts_value) as value,
        power(10, decimals) as step
    from recomputed
)

select
    claim_id,
    document,
    place_code as county_code,
    county_name,
    school_year,
    stage,
    statement,
    published,
    value as recomputed,
    published - value as difference,
    case
        when published is null or value is null then 'not_computable'
        when relation = '>=' then case when {{ at_least('value', 'published') }} then 'holds' else 'does_not_hold' end
        when relation = '<=' then case when {{ at_most('value', 'published') }} then 'holds' else 'does_not_hold' end
        -- Rounded once, half up, it is what was printed; or cutting off or rounding up gives it.
        when abs(floor(value * step * (1 + 1e-12) + 0.5) - published * step) < 1e-6 then 'holds'
        when
            abs(floor(value * step) - published * step) < 1e-6
            or abs(ceil(value * step) - published * step) < 1e-6
            then 'rounding'
        else 'does_not_hold'
    end as verdict,
    unit,
    relation,
    cast(decimals as integer) as decimals,
    case when warehouse_value is not null then 'warehouse' when parts_value is not null then 'claim' end
        as recomputed_from,
    item_id,
    parts_value,
    note_zh as note
from rounded
