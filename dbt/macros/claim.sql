{# What a published claim is compared with, and the verdict: one definition for marts.claim_audit and for
   `junheng audit`, which renders it over a file of claims (dagster_project/audit). #}

{# A wording as it is looked up: without blanks, punctuation and the words that name no figure. #}
{% macro claim_key(text) -%}
  {{ junheng.without_pattern('lower(' ~ text ~ ')', '[\\s\\p{P}\\p{S}\\p{Z}]+') }}
{%- endmacro %}

{% macro without_pattern(text, pattern) -%}
  {{ return(adapter.dispatch('without_pattern', 'junheng')(text, pattern)) }}
{%- endmacro %}
{% macro spark__without_pattern(text, pattern) -%}
  regexp_replace({{ text }}, '{{ pattern | replace("\\", "\\\\") }}', '')
{%- endmacro %}
{% macro duckdb__without_pattern(text, pattern) -%}
  regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{# holds: rounded once, half up, the value is what was printed · rounding: cutting off or rounding up gives
   it · does_not_hold · NULL where a side is missing. `decimals` are those of the print. #}
{% macro claim_verdict(value, published, relation, decimals, unit) -%}
  {%- set step = 'power(10, ' ~ decimals ~ ')' -%}
  case
    when {{ published }} is null or {{ value }} is null then null
    -- 100 % says that nobody is missing: 99.96 may be rounded to it, 99.23 may not.
    when coalesce({{ unit }}, '') in ('%', '％') and {{ relation }} = '=' and {{ published }} = 100 and {{ value }} < 100 * (1 - 1e-12)
      then case when floor({{ value }} * {{ step }} + 0.5) = 100 * {{ step }} then 'rounding' else 'does_not_hold' end
    when {{ relation }} = '>=' then case when {{ junheng.at_least(value, published) }} then 'holds' else 'does_not_hold' end
    when {{ relation }} = '<=' then case when {{ junheng.at_most(value, published) }} then 'holds' else 'does_not_hold' end
    when abs(floor(abs({{ value }}) * {{ step }} * (1 + 1e-12) + 0.5) - abs({{ published }}) * {{ step }}) < 1e-6
      and sign({{ value }}) * sign({{ published }}) >= 0 then 'holds'
    when
      abs(floor({{ value }} * {{ step }}) - {{ published }} * {{ step }}) < 1e-6
      or abs(ceil({{ value }} * {{ step }}) - {{ published }} * {{ step }}) < 1e-6
      then 'rounding'
    else 'does_not_hold'
  end
{%- endmacro %}

{# The whole audit of the relation `claim` (columns of staging.stg_lake__claim) as one query. `county` has
   county_name and county_code; the others are the marts and seeds of their names. What items of other data
   are called (`measure_item`, with their other names) needs no wording of its own. #}
{% macro claim_audit(claim, county, trend, county_profile, school, gap, school_indicator, region_item, county_measure, region_measure, measure_item, statement, unit) -%}
with claim as (
    select
        claim.*,
        county.county_code as found_code,
        {{ junheng.claim_key('claim.statement') }} as whole_key,
        {{ junheng.claim_key("coalesce(claim.county_name, '')") }} as county_key
    from {{ claim }} as claim
    left join (
        select county_name, min(county_code) as county_code
        from {{ county }}
        group by county_name
        having count(distinct county_code) = 1
    ) as county on claim.county_name = county.county_name
),

placed as (
    select
        *,
        coalesce(county_code, found_code) as place_code,
        -- "2023年平罗县小学…": the year, the place and the words for the whole county name no figure.
        {{ junheng.without_pattern(
            "case when county_key <> '' then replace(whole_key, county_key, '') else whole_key end",
            '^(\\d{4}年?度?)?(截至目前|目前|当前)?(全县|全区|全市|全旗|我县|我区|我市|本县|本区|本市|该县|县域内|县域|全域|义务教育阶段)*'
        ) }} as own_key
    from claim
),

-- The wordings a claim may be known by, the more literal first.
asked as (
    select claim_id, 1 as place, whole_key as wording, '' as stage_said from placed
    union all
    select claim_id, 2, own_key, '' from placed
    {%- for stage, word in [('primary', '小学'), ('junior', '初中')] %}
    union all
    select
        claim_id, 3,
        {{ junheng.without_pattern('own_key', '^' ~ word ~ '(学校|教育|阶段)?|' ~ word ~ '$') }}, '{{ stage }}'
    from placed where own_key like '{{ word }}%' or own_key like '%{{ word }}'
    {%- endfor %}
    -- "五年累计…": a sum over years; "年均", "同比" are other wordings.
    union all
    select
        claim_id, 5,
        {{ junheng.without_pattern('own_key', '^(近|最近|过去)?(三|五|3|5)年(来|内|间)?(累计|共计|共)?|^(累计|共计|共)') }}, ''
    from placed where own_key like '%年%' or own_key like '累计%' or own_key like '共%'
    {%- for ending in ['达到', '达', '为', '是', '约'] %}
    union all
    select claim_id, 4, {{ junheng.without_pattern('own_key', ending ~ '$') }}, ''
    from placed where own_key like '%{{ ending }}'
    {%- endfor %}
),

stated_wording as (
    select scope, measure, item_id, stage, max(note_zh) as note_zh, {{ junheng.claim_key('statement') }} as wording
    from {{ statement }}
    group by scope, measure, item_id, stage, {{ junheng.claim_key('statement') }}
),

-- A name of an item of other data that no wording says better.
item_name as (
    select item_id, {{ junheng.claim_key('name') }} as wording
    from (
        select distinct item_id, item_name as name from {{ county_measure }} -- in every year
        union
        select distinct item_id, item_name from {{ region_measure }} -- likewise
        union
        select item_id, name_zh from {{ measure_item }}
    ) as named
),

known as (
    select scope, measure, item_id, stage, note_zh, wording from stated_wording
    union all
    select place.scope, 'other_data', item_name.item_id, 'all', cast(null as string), item_name.wording
    from item_name
    cross join (select 'county' as scope union all select 'region') as place
    where item_name.wording not in (select stated_wording.wording from stated_wording)
    group by place.scope, item_name.item_id, item_name.wording
),

-- County and region: the whole wording is known. School: it ends in a known one, behind the school's name.
understood as (
    select claim_id, scope, measure, item_id, figure_stage, note_zh, school_id
    from (
        select
            asked.claim_id,
            known.scope,
            known.measure,
            known.item_id,
            coalesce(
                nullif(known.stage, ''),
                case when placed.stage in ('primary', 'junior') then placed.stage end,
                nullif(asked.stage_said, ''),
                case
                    when placed.own_key like '小学%' then 'primary'
                    when placed.own_key like '初中%' then 'junior'
                    else 'all'
                end
            ) as figure_stage,
            known.note_zh,
            cast(null as string) as school_id,
            rank() over (partition by asked.claim_id order by asked.place) as choice
        from asked
        inner join placed on asked.claim_id = placed.claim_id
        inner join known
            on
                asked.wording = known.wording
                and known.scope = case when placed.stage = 'city' then 'region' else 'county' end
    ) as worded
    where choice = 1
    union all
    select
        placed.claim_id, known.scope, known.measure, known.item_id,
        case when placed.stage in ('primary', 'junior') then placed.stage end,
        known.note_zh, school.school_id
    from placed
    inner join known on known.scope = 'school' and placed.own_key like '%' || known.wording
    inner join {{ school }} as school
        on
            placed.place_code = school.county_code
            and placed.school_year = school.school_year
            and placed.own_key in (
                {{ junheng.claim_key('school.school_name') }} || known.wording,
                replace({{ junheng.claim_key('school.school_name') }}, placed.county_key, '') || known.wording
            )
),

-- Every figure that may be meant, in its own unit; of a claim without a year the newest.
figure as (
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, figure.school_year, figure.unit,
        case meant.measure
            when 'value' then figure.value
            when 'change' then figure.change
            when 'growth' then {{ junheng.safe_divide('figure.change', 'figure.value - figure.change') }}
        end as value
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    inner join {{ trend }} as figure
        on
            placed.place_code = figure.county_code
            and (placed.school_year is null or placed.school_year = figure.school_year)
            and meant.item_id = figure.item_id
            and meant.figure_stage = figure.stage
    where meant.scope = 'county' and meant.measure in ('value', 'change', 'growth')
    union all
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, figure.school_year, '所', figure.value
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    inner join {{ county_profile }} as figure
        on
            placed.place_code = figure.county_code
            and (placed.school_year is null or placed.school_year = figure.school_year)
            and figure.topic = 'schools_by_kind'
            and meant.item_id = figure.category
    where meant.scope = 'county' and meant.measure = 'kind'
    union all
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, placed.school_year, cast(null as string),
        coalesce(gap.shortfall_per_pupil, 0)
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    left join {{ gap }} as gap
        on
            placed.school_year = gap.school_year
            and meant.school_id = gap.school_id
            and meant.item_id = gap.part_id
            and meant.figure_stage = gap.stage
    where meant.scope = 'school' and meant.measure = 'shortfall'
    union all
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, placed.school_year, cast(null as string),
        figure.value
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    inner join {{ school_indicator }} as figure
        on
            placed.school_year = figure.school_year
            and placed.place_code = figure.county_code
            and meant.school_id = figure.school_id
            and meant.item_id = figure.indicator_id
            and meant.figure_stage = figure.stage
            and figure.standard_id = '2017'
    where meant.scope = 'school' and meant.measure = 'value'
    union all
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, figure.school_year, figure.unit,
        case meant.measure when 'margin' then figure.margin else figure.value end
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    inner join {{ region_item }} as figure
        on
            left(placed.place_code, 4) = figure.region_code
            and figure.level = 'city'
            and (placed.school_year is null or placed.school_year = figure.school_year)
            and meant.item_id = figure.item_id
            and meant.figure_stage = figure.stage
    where meant.scope = 'region' and meant.measure <> 'other_data'
    union all
    select
        meant.claim_id, meant.item_id, meant.measure, meant.note_zh, figure.school_year, figure.unit, figure.value
    from understood as meant
    inner join placed on meant.claim_id = placed.claim_id
    inner join (
        select
            county_code as place_code, 'county' as scope, item_id, school_year, period_from, unit, value,
            row_number() over (
                partition by county_code, item_id, school_year, case when value is null then 1 else 0 end
                order by period_from desc
            ) as nearness
        from {{ county_measure }}
        union all
        select
            region_code, 'region', item_id, school_year, period_from, unit, value,
            row_number() over (
                partition by region_code, item_id, school_year, case when value is null then 1 else 0 end
                order by period_from desc
            )
        from {{ region_measure }}
        where level = 'city'
    ) as figure
        on
            meant.scope = figure.scope
            and meant.item_id = figure.item_id
            and case when meant.scope = 'region' then left(placed.place_code, 4) else placed.place_code end
            = figure.place_code
            and (placed.school_year is null or placed.school_year = figure.school_year)
            -- A sum over the years that the wording names; the year that it names. A wording that names none may
            -- mean any period that there is: if there are several it says nothing.
            and case
                {%- for years, word in [(5, '五'), (3, '三')] %}
                when placed.own_key like '%{{ word }}年%' or placed.own_key like '{{ years }}年%' or placed.own_key like '近{{ years }}年%'
                    then figure.school_year - figure.period_from + 1 = {{ years }}
                {%- endfor %}
                when
                    try_cast(left(replace(placed.whole_key, placed.county_key, ''), 4) as integer) is not null
                    and substr(replace(placed.whole_key, placed.county_key, ''), 5, 1) = '年'
                    then figure.nearness = 1
                else true
            end
    where meant.measure = 'other_data'
),

newest as (
    select *, rank() over (partition by claim_id order by school_year desc nulls last) as choice
    from figure
    where value is not null
),

-- A wording that names two figures says nothing.
found as (
    select
        claim_id, max(value) as value, max(unit) as own_unit, max(note_zh) as note_zh, max(item_id) as item_id,
        max(measure) as measure, max(school_year) as found_year, count(*) as figures
    from newest where choice = 1
    group by claim_id
),

stated as (
    select
        placed.*,
        {{ junheng.sum_of_parts('placed.numerator') }} as first_part,
        {{ junheng.sum_of_parts('placed.denominator') }} as second_part,
        exists (select 1 from understood where understood.claim_id = placed.claim_id) as is_understood,
        case when found.figures = 1 then found.value end as found_value,
        found.own_unit,
        found.note_zh,
        case when found.figures = 1 then found.item_id end as item_id,
        found.measure,
        case when found.figures = 1 then found.found_year end as compared_year,
        found.figures,
        unit.factor as unit_factor
    from placed
    left join found on placed.claim_id = found.claim_id
    left join {{ unit }} as unit on replace(coalesce(placed.unit, ''), ' ', '') = unit.unit
),

compared as (
    select
        *,
        case
            when multiplier = 'sum' then first_part
            when multiplier = 'diff' then first_part - second_part
            else {{ junheng.safe_divide('first_part', 'second_part') }} * try_cast(multiplier as double)
        end as parts_value,
        -- Shares are fractions in the warehouse; printed without a unit they are percent if above 1.
        found_value * coalesce(
            unit_factor,
            case when (own_unit = '1' or measure = 'growth') and abs(published) > 1 then 100 end,
            1
        ) as warehouse_value
    from stated
),

judged as (
    select
        *,
        {{ junheng.claim_verdict('parts_value', 'published', 'relation', 'decimals', 'unit') }} as parts_verdict,
        {{ junheng.claim_verdict('warehouse_value', 'published', 'relation', 'decimals', 'unit') }} as warehouse_verdict
    from compared
)

select
    claim_id,
    document,
    place_code as county_code,
    county_name,
    cast(school_year as integer) as school_year,
    stage,
    statement,
    published,
    coalesce(warehouse_value, parts_value) as recomputed,
    published - coalesce(warehouse_value, parts_value) as difference,
    case
        when published is null then 'not_computable'
        when 'does_not_hold' in (parts_verdict, warehouse_verdict) then 'does_not_hold'
        when 'rounding' in (parts_verdict, warehouse_verdict) then 'rounding'
        when warehouse_verdict = 'holds' then 'holds'
        -- Parts were given, but they are no numbers, or divide by zero.
        when parts_value is null and numerator <> '' then 'not_computable'
        -- It follows from its own parts, which nobody can confirm.
        else 'not_checked'
    end as verdict,
    unit,
    relation,
    cast(decimals as integer) as decimals,
    case when warehouse_value is not null then 'warehouse' when parts_value is not null then 'claim' end
        as recomputed_from,
    item_id,
    parts_value,
    parts_verdict,
    warehouse_value,
    warehouse_verdict,
    cast(compared_year as integer) as compared_year,
    case
        when warehouse_value is not null then 'figure'
        when figures > 1 then 'ambiguous'
        when is_understood then 'no_figure'
        else 'not_understood'
    end as understanding,
    note_zh as note
from judged
{%- endmacro %}
