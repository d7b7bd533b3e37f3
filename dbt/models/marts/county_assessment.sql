-- depends_on: {{ ref('item_part') }}
-- depends_on: {{ ref('setting') }}
{%- set names = setting('evidence_names') | int %}

with coefficient as (
    select coefficient.*, case coefficient.stage when 'primary' then '小学' else '初中' end as stage_zh
    from {{ ref('county_coefficient') }} as coefficient
    where coefficient.standard_id = '2017'
),

-- L: sections below the threshold, and whether that is one too many for their school.
short as (
    select
        figure.school_year,
        figure.county_code,
        figure.stage,
        figure.indicator_id,
        figure.school_name,
        figure.value,
        -- Below the floor, or one of more than one indicator short of the threshold.
        coalesce(figure.verdict = 'below' or not attainment.attains, false) as is_unmet,
        row_number() over (
            partition by figure.school_year, figure.county_code, figure.stage, figure.indicator_id
            order by
                coalesce(figure.verdict = 'below' or not attainment.attains, false) desc,
                {{ safe_divide('figure.value', 'figure.threshold') }}, figure.school_id
        ) as place
    from {{ ref('compact_school_indicator') }} as figure
    left join {{ ref('school_attainment') }} as attainment
        on
            figure.school_year = attainment.school_year
            and figure.school_id = attainment.school_id
            and figure.stage = attainment.stage
            and figure.standard_id = attainment.standard_id
    where figure.standard_id = '2017' and figure.verdict in ('floor', 'below')
),

shortage as (
    select
        school_year,
        county_code,
        stage,
        indicator_id,
        count(case when is_unmet then 1 end) as unmet,
        count(*) as sections,
        {{ dbt.listagg(
            "case when place <= " ~ names ~ " then school_name || ' ' || " ~ number_text('value', 2)
            ~ " || case when is_unmet then '' else '(不低于85%)' end end", "'、'", 'order by place'
        ) }} || case when count(*) > {{ names }} then ' 等' else '' end as names
    from short
    group by school_year, county_code, stage, indicator_id
),

resource as (
    select
        coefficient.school_year,
        coefficient.county_code,
        coefficient.indicator_id as item_id,
        coefficient.stage,
        coefficient.cv as value,
        coefficient.cv_limit as threshold,
        case
            when coefficient.cv_limit is null then 'not_due'
            when coefficient.verdict = 'not_met' or shortage.unmet > 0 then 'not_met'
            when coefficient.verdict = 'missing' then 'not_reported'
            else 'met'
        end as verdict,
        stage_zh || ' ' || coalesce({{ number_text('coefficient.mean', 2) }}, '无') || '，差异系数 ' || coalesce({{ number_text('coefficient.cv', 4) }}, '无') || '（标准≤ '
        || {{ short_number('coefficient.cv_limit') }} || '，' || cast(coefficient.sections as string) || ' 个学部'
        || case when coefficient.sections_missing > 0
            then '，另有 ' || cast(coefficient.sections_missing as string) || ' 个缺数据' else '' end || '）'
        || case when shortage.sections > 0
            then '，低于达标值的 ' || cast(shortage.sections as string) || ' 个：' || shortage.names
            else '，各校均达标' end as evidence
    from coefficient
    left join shortage
        on
            coefficient.school_year = shortage.school_year
            and coefficient.county_code = shortage.county_code
            and coefficient.stage = shortage.stage
            and coefficient.indicator_id = shortage.indicator_id
),

part as (
    select
        school_year, county_code, item_id, stage as part_id, true as is_county_level,
        case stage when 'primary' then 1 else 2 end as position, value, threshold, verdict, evidence,
        -- Of two stages the one nearer to its limit, or further above it, is shown.
        {{ safe_divide('value', 'threshold') }} as closeness
    from resource
    union all
    select
        school_year, county_code, item_id, part_id, is_county_level, position, value, threshold, verdict,
        evidence, 0.0
    from {{ ref('int_county_item') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by school_year, county_code, item_id
            order by
                case verdict when 'not_met' then 0 when 'met' then 1 when 'not_reported' then 2 else 3 end,
                closeness desc nulls last, position, part_id
        ) as place
    from part
),

united as (
    select
        school_year,
        county_code,
        item_id,
        max(case when place = 1 then value end) as lead_value,
        max(case when place = 1 then threshold end) as threshold,
        {{ exact_sum('value') }} as total_value,
        count(case when verdict = 'not_met' then 1 end) as unmet,
        count(case when is_county_level then 1 end) as county_parts,
        count(case when is_county_level and verdict in ('met', 'not_due') then 1 end) as county_done,
        count(case when is_county_level and verdict = 'met' then 1 end) as county_met,
        count(case when not is_county_level then 1 end) as school_parts,
        count(case when not is_county_level and verdict in ('met', 'not_due') then 1 end) as school_done,
        count(case when not is_county_level and verdict = 'met' then 1 end) as school_met,
        {{ parts_in_order("case when verdict <> 'not_due' then evidence end") }} as evidence,
        -- What the county says itself stands for what its schools did not say, and the reverse.
        {{ parts_in_order("case when verdict in ('met', 'not_met') then evidence end") }} as evidence_told
    from ranked
    group by school_year, county_code, item_id
)

select
    county.school_year,
    county.county_code,
    county.county_name,
    '2017' as standard_id,
    item.item_id,
    item.name_zh as item_name,
    case when item.value_rule = 'sum' then united.total_value else united.lead_value end as value,
    united.threshold,
    case
        when united.item_id is null then
            -- Before the document nothing was due; later a county without sections has not reported.
            case when county.school_year < 2017 then 'not_due' else 'not_reported' end
        when united.unmet > 0 then 'not_met'
        when united.county_parts > 0 and united.county_done = united.county_parts and united.county_met > 0
            then 'met'
        when united.school_parts > 0 and united.school_done = united.school_parts and united.school_met > 0
            then 'met'
        when united.county_parts > 0 and united.county_done = united.county_parts and united.county_met = 0
            then 'not_due'
        when united.school_parts > 0 and united.school_done = united.school_parts then 'not_due'
        else 'not_reported'
    end as verdict,
    case
        when united.item_id is null then item.name_zh || '：未填报'
        when
            united.unmet > 0
            or (united.county_parts > 0 and united.county_done = united.county_parts and united.county_met > 0)
            or (united.school_parts > 0 and united.school_done = united.school_parts and united.school_met > 0)
            then united.evidence_told
        when united.evidence is null then
            case when united.threshold is null then '当年尚无此项标准' else '不涉及' end
        when united.school_parts > 0 and united.school_done = united.school_parts then '不涉及' -- nobody it applies to
        else united.evidence
    end as evidence
from {{ ref('int_county') }} as county
inner join {{ ref('item') }} as item on item.kind <> 'descriptive'
left join united
    on
        county.school_year = united.school_year
        and county.county_code = united.county_code
        and item.item_id = united.item_id
