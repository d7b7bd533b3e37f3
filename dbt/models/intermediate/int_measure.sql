{%- set additive = "item.over_counties = 'sum' and item.dimension not in ('1', 'yes_no')" %}
{#- Which of the sources of a figure speaks: 1. -#}
{%- set surest -%}
    row_number() over (
        partition by school_year, period_from, county_code, item_id
        order by case when value is null then 1 else 0 end, preference, basis
    )
{%- endset %}
-- Every figure of other data that is known in some way, the one that speaks, and what the others say.
with code as (
    select old_code, county_code from {{ ref('stg_lake__county_code') }}
),

-- The schools whose figures a sum over the schools needs.
school as (
    select school.school_year, coalesce(code.county_code, school.county_code) as county_code, school.school_id
    from {{ ref('dim_school') }} as school
    left join code on school.county_code = code.old_code
    where school.is_counted and (school.has_primary or school.has_junior) and not coalesce(school.was_closed, false)
),

schools as (
    select school_year, county_code, count(*) as schools
    from school
    group by school_year, county_code
),

entry as (
    select *
    from {{ ref('int_measure_entry') }}
    where trouble is null and value is not null
),

of_schools as (
    select
        entry.school_year, entry.period_from, entry.county_code, entry.item_id,
        {{ exact_sum('entry.value') }} as known_sum,
        count(distinct school.school_id) as parts_known,
        max(schools.schools) as parts_expected
    from entry
    inner join {{ ref('int_measure_item') }} as item
        on entry.item_id = item.item_id and item.over_schools = 'sum'
    left join school
        on
            entry.school_year = school.school_year
            and entry.county_code = school.county_code
            and entry.school_id = school.school_id
    left join schools
        on entry.school_year = schools.school_year and entry.county_code = schools.county_code
    where entry.school_id <> ''
    group by entry.school_year, entry.period_from, entry.county_code, entry.item_id
),

stage as (
    select
        enrolment.school_year, coalesce(code.county_code, enrolment.county_code) as county_code,
        count(distinct enrolment.stage) as stages
    from {{ ref('county_enrolment') }} as enrolment
    left join code on enrolment.county_code = code.old_code
    where enrolment.stage in ('primary', 'junior')
    group by enrolment.school_year, coalesce(code.county_code, enrolment.county_code)
),

-- Two lines that name the same item by two names hold only where they agree; two counties that became one
-- are added up.
said as (
    select
        school_year, period_from, county_code, item_id, returned_county_code,
        case when min(value) = max(value) then max(value) end as value
    from entry
    where school_id = ''
    group by school_year, period_from, county_code, item_id, returned_county_code
),

source as (
    select
        said.school_year, said.period_from, said.county_code, said.item_id,
        case
            when count(*) = 1 then max(said.value)
            when count(said.value) = count(*) and max(item.over_counties) = 'sum' then {{ exact_sum('said.value') }}
        end as value,
        'reported' as basis,
        cast(count(said.value) as integer) as parts_known, cast(count(*) as integer) as parts_expected,
        cast(null as double) as known_sum, false as is_tainted
    from said
    inner join {{ ref('int_measure_item') }} as item on said.item_id = item.item_id
    group by said.school_year, said.period_from, said.county_code, said.item_id
    union all
    select
        school_year, period_from, county_code, item_id,
        case when parts_known >= parts_expected then known_sum end, 'sum_of_schools',
        cast(parts_known as integer), cast(parts_expected as integer), known_sum, false
    from of_schools
    union all
    select
        school_year, school_year as period_from, county_code, item_id, value, 'census', parts_known,
        cast(parts_expected as integer), null, false
    from {{ ref('int_measure_census') }}
    union all
    select
        answer.school_year, answer.school_year as period_from, coalesce(code.county_code, answer.county_code),
        item.item_id,
        {{ exact_sum('answer.value') }}, 'answer', cast(count(*) as integer), cast(count(*) as integer), null, false
    from {{ ref('stg_lake__answer') }} as answer
    inner join {{ ref('int_measure_item') }} as item
        on answer.item_id = item.source and item.origin = 'answer' and item.part = ''
    left join code on answer.county_code = code.old_code
    where answer.school_id = ''
    group by answer.school_year, coalesce(code.county_code, answer.county_code), item.item_id
    union all
    select
        figure.school_year, figure.school_year as period_from, figure.county_code, item.item_id, figure.value,
        'published', 1, 1,
        null, figure.is_tainted
    from {{ ref('trend') }} as figure
    inner join {{ ref('int_measure_item') }} as item
        on
            figure.item_id = item.source
            and item.origin = 'trend'
            and figure.stage = case when item.part = '' then 'all' else item.part end
    union all
    select
        school_year, period_from, county_code, item_id, value, 'projects', parts_known, parts_expected, null, false
    from {{ ref('int_measure_project') }}
),

-- An item that is asked for is what the county says; of others the source comes first.
preferred as (
    select
        source.*,
        case
            when source.basis = 'reported' and item.asked = '' then 3
            when source.basis = 'sum_of_schools' and item.asked = '' then 4
            when source.basis = 'reported' or item.asked = '' then 1
            when source.basis = 'sum_of_schools' then 2
            else 3
        end as preference
    from source
    inner join {{ ref('int_measure_item') }} as item on source.item_id = item.item_id
),

spoken as (
    select *
    from (
        select
            *,
            {{ surest }} as choice
        from preferred
    ) as ranked
    where choice = 1
),

-- The whole of an item by level or stage: known where every part is.
whole as (
    select
        part.school_year, part.period_from, part.county_code, item.base_id as item_id,
        case
            when
                count(part.value)
                >= case when max(item.part_by) = 'level' then 4 else coalesce(max(stage.stages), 2) end
                then {{ exact_sum('part.value') }}
        end as value,
        case when max(item.part_by) = 'level' then 'sum_of_levels' else 'sum_of_stages' end as basis,
        cast(count(part.value) as integer) as parts_known,
        cast(case when max(item.part_by) = 'level' then 4 else coalesce(max(stage.stages), 2) end as integer)
            as parts_expected,
        {{ exact_sum('part.value') }} as known_sum,
        bool_or(part.is_tainted) as is_tainted
    from spoken as part
    inner join {{ ref('int_measure_item') }} as item
        on part.item_id = item.item_id and item.part not in ('', 'school') and {{ additive }}
    left join stage
        on part.school_year = stage.school_year and part.county_code = stage.county_code
    group by part.school_year, part.period_from, part.county_code, item.base_id
),

candidate as (
    select * from preferred
    union all
    select *, 6 as preference
    from whole
),

yearly as (
    select *
    from (
        select
            *,
            {{ surest }} as choice
        from candidate
        where period_from = school_year
    ) as ranked
    where choice = 1
),

{% set lengths = [3, 5] -%}
summed as (
    {%- for years in lengths %}
    {%- set span = "(partition by yearly.county_code, yearly.item_id order by yearly.school_year range between "
        ~ (years - 1) ~ " preceding and current row)" %}
    select
        yearly.school_year, yearly.school_year - {{ years - 1 }} as period_from, yearly.county_code, yearly.item_id,
        {{ exact_sum('yearly.value', over=span) }} as known_sum,
        cast(count(yearly.value) over {{ span }} as integer) as parts_known,
        {{ years }} as parts_expected,
        min(case when yearly.value is not null then yearly.school_year end) over {{ span }}
        = yearly.school_year - {{ years - 1 }} as has_first_year,
        max(case when yearly.is_tainted then 1 else 0 end) over {{ span }} = 1 as is_tainted
    from yearly
    inner join {{ ref('int_measure_item') }} as item
        on
            yearly.item_id = item.item_id
            and item.over_years = 'sum'
            and item.origin not in ('project', 'ratio', 'difference')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

known as (
    select *
    from candidate
    union all
    select
        school_year, period_from, county_code, item_id,
        case when parts_known = parts_expected then known_sum end, 'sum_of_years', parts_known, parts_expected,
        known_sum, is_tainted, 7
    from summed
    where has_first_year
),

chosen as (
    select *
    from (
        select
            *,
            {{ surest }} as choice
        from known
    ) as ranked
    where choice = 1
),

-- What another source says, where it says something else.
other as (
    select
        known.school_year, known.period_from, known.county_code, known.item_id,
        min(known.preference) as preference
    from known
    inner join chosen
        on
            known.school_year = chosen.school_year
            and known.period_from = chosen.period_from
            and known.county_code = chosen.county_code
            and known.item_id = chosen.item_id
    where
        known.basis <> chosen.basis
        and abs(known.value - chosen.value) > 1e-9 * greatest(abs(known.value), abs(chosen.value))
    group by known.school_year, known.period_from, known.county_code, known.item_id
),

-- What items are divided by or held against: an item, or a figure of the trend.
figure as (
    select school_year, period_from, county_code, item_id, value, is_tainted
    from chosen
    where value is not null
    union all
    select
        trend.school_year, trend.school_year as period_from, trend.county_code, trend.item_id, trend.value,
        trend.is_tainted
    from {{ ref('trend') }} as trend
    where
        trend.stage = 'all'
        and trend.item_id in (
            select item.whole from {{ ref('int_measure_item') }} as item
            where item.whole is not null
        )
        and trend.item_id not in (select item.item_id from {{ ref('int_measure_item') }} as item)
),

-- A stock (pupils, schools) is divided by as it is in the last year of a period.
derived as (
    select
        first.school_year, first.period_from, first.county_code, item.item_id,
        case
            when item.origin = 'difference' then first.value - second.value
            else {{ safe_divide('first.value', 'second.value') }}
        end as value,
        item.origin as basis,
        first.is_tainted or second.is_tainted as is_tainted,
        case when item.origin = 'ratio' then first.value end as numerator,
        case when item.origin = 'ratio' then second.value end as denominator,
        row_number() over (
            partition by first.school_year, first.period_from, first.county_code, item.item_id
            order by second.period_from
        ) as choice
    from {{ ref('int_measure_item') }} as item
    inner join figure as first on item.source = first.item_id
    inner join figure as second
        on
            item.whole = second.item_id
            and first.school_year = second.school_year
            and first.county_code = second.county_code
            and second.period_from in (first.period_from, first.school_year)
    where item.origin in ('ratio', 'difference')
),

-- A share that is reported is of a whole that is known.
weighed as (
    select
        chosen.school_year, chosen.period_from, chosen.county_code, chosen.item_id, chosen.value, chosen.basis,
        chosen.parts_known, chosen.parts_expected, chosen.known_sum,
        chosen.is_tainted or coalesce(derived.is_tainted, false) as is_tainted,
        rival.value as other_value,
        rival.basis as other_basis,
        case when item.over_counties = 'share' and item.origin = 'returned' then chosen.value * whole.value end
            as numerator,
        case when item.over_counties = 'share' and item.origin = 'returned' then whole.value end as denominator
    from chosen
    inner join {{ ref('int_measure_item') }} as item on chosen.item_id = item.item_id
    left join other
        on
            chosen.school_year = other.school_year
            and chosen.period_from = other.period_from
            and chosen.county_code = other.county_code
            and chosen.item_id = other.item_id
    left join known as rival
        on
            chosen.school_year = rival.school_year
            and chosen.period_from = rival.period_from
            and chosen.county_code = rival.county_code
            and chosen.item_id = rival.item_id
            and other.preference = rival.preference
            and rival.basis <> chosen.basis
    left join figure as whole
        on
            item.whole = whole.item_id
            and chosen.school_year = whole.school_year
            and chosen.school_year = whole.period_from
            and chosen.county_code = whole.county_code
    left join derived
        on
            chosen.school_year = derived.school_year
            and chosen.period_from = derived.period_from
            and chosen.county_code = derived.county_code
            and chosen.item_id = derived.item_id
            and derived.choice = 1
    -- An item that is computed is what its two items make of it, if they are known.
    where item.origin not in ('ratio', 'difference') or derived.item_id is null
    union all
    select
        derived.school_year, derived.period_from, derived.county_code, derived.item_id, derived.value, derived.basis,
        2, 2, null, derived.is_tainted,
        case
            when abs(said.value - derived.value) > 0.00005 then said.value
        end,
        case when abs(said.value - derived.value) > 0.00005 then said.basis end,
        derived.numerator, derived.denominator
    from derived
    left join chosen as said
        on
            derived.school_year = said.school_year
            and derived.period_from = said.period_from
            and derived.county_code = said.county_code
            and derived.item_id = said.item_id
    where derived.choice = 1 and derived.value is not null
),

-- Hard flags on an item, or on a census field that it is made of.
doubted as (
    select distinct named.fields, named.taints, item.item_id -- one field may stand in several flags
    from (
        select distinct coalesce(fields, '') as fields, coalesce(taints, '') as taints -- few lists, many flags
        from {{ ref('stg_lake__flag') }} as flag
        where {{ taints_figures('flag') }}
    ) as named
    inner join {{ ref('int_measure_item') }} as item
        on
            {{ list_holds('named.taints', 'item.item_id') }}
            or (
                item.origin = 'census'
                and named.fields <> ''
                and '+' || replace(item.source, 'count:', '') || '+' like '%+' || named.fields || '+%'
            )
),

doubt as (
    select distinct -- many flags, one doubt
        cast(flag.school_year as integer) as school_year,
        coalesce(code.county_code, flag.county_code) as county_code,
        doubted.item_id
    from {{ ref('stg_lake__flag') }} as flag
    inner join doubted
        on coalesce(flag.fields, '') = doubted.fields and coalesce(flag.taints, '') = doubted.taints
    left join code on flag.county_code = code.old_code
    where {{ taints_figures('flag') }}
)

select
    cast(weighed.school_year as integer) as school_year,
    cast(weighed.period_from as integer) as period_from,
    weighed.county_code,
    weighed.item_id,
    weighed.value,
    weighed.basis,
    case
        when weighed.value is null then 'incomplete'
        when weighed.other_value is not null then 'conflict'
        else 'known'
    end as status,
    cast(weighed.parts_known as integer) as parts_known,
    cast(weighed.parts_expected as integer) as parts_expected,
    weighed.known_sum,
    weighed.other_value,
    weighed.other_basis,
    weighed.numerator,
    weighed.denominator,
    weighed.is_tainted or doubt.item_id is not null as is_tainted
from weighed
left join doubt
    on
        weighed.school_year = doubt.school_year
        and weighed.county_code = doubt.county_code
        and weighed.item_id = doubt.item_id
where weighed.county_code is not null
