{%- set names = setting('evidence_names') | int %}
{%- set fails %}coalesce(not figure.is_tainted and (figure.verdict = 'below' or not attainment.attains), false){% endset %}

with coefficient as (
    select coefficient.*, {{ words_zh('stage', 'coefficient.stage') }} as stage_zh
    from {{ ref('county_coefficient') }} as coefficient
    where coefficient.standard_id = '2017'
),

-- L: sections below the threshold, and whether that is one too many for their school, whatever the
-- figures in doubt turn out to be.
short as (
    select
        figure.school_year,
        figure.county_code,
        figure.stage,
        figure.indicator_id,
        figure.school_name,
        figure.value,
        figure.is_tainted,
        -- Below the floor, or one of more than one indicator short of the threshold.
        {{ fails }} as is_unmet,
        -- Whether it may be short depends on another indicator of the school, which is in doubt.
        attainment.attains is null and attainment.tainted_count > 0 as is_open,
        row_number() over (
            partition by figure.school_year, figure.county_code, figure.stage, figure.indicator_id
            order by
                {{ fails }} desc,
                {{ safe_divide('figure.value', 'figure.threshold') }}, figure.school_id
        ) as place
    from {{ ref('fct_school_indicator') }} as figure
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
        count(case when is_open then 1 end) as open_sections,
        count(*) as sections,
        bool_or(is_tainted) as is_tainted,
        {{ dbt.listagg(
            "case when place <= " ~ names ~ " then school_name || '（' || " ~ number_text('value', 2)
            ~ " || case when is_tainted then " ~ word_zh('mark', 'tainted')
            ~ " when is_unmet then '' else '，不低于85%' end || '）' end",
            "'、'", 'order by place'
        ) }} || case when count(*) > {{ names }} then '等' else '' end as names
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
        coefficient.sections_tainted > 0 as is_tainted,
        case when coefficient.sections_tainted > 0 then coefficient.cv_without_tainted end as value_without_tainted,
        case
            when coefficient.cv_limit is null then 'not_due'
            when shortage.unmet > 0 then 'not_met'
            when coefficient.verdict = 'missing' and coefficient.sections_missing > coefficient.missing_tainted
                then 'not_reported'
            when coefficient.sections_tainted > 0 or shortage.open_sections > 0 then 'unverified'
            when coefficient.verdict = 'missing' then 'not_reported'
            else coefficient.verdict
        end as verdict,
        coefficient.stage_zh || '平均' || coalesce(
            {{ marked(number_text('coefficient.mean', 2), 'coefficient.sections_tainted > 0') }}, '无法计算'
        )
        || '，差异系数' || coalesce(
            {{ marked(number_text('coefficient.cv', 2), 'coefficient.sections_tainted > 0') }}, '无法计算'
        )
        || '（标准为不高于' || {{ short_number('coefficient.cv_limit') }}
        || '，' || cast(coefficient.sections as string) || '校参评'
        || case when coefficient.sections_missing > 0
            then '，另有' || cast(coefficient.sections_missing as string) || '校缺数据' else '' end || '）'
        || case
            when shortage.sections > 0
                then '，低于达标值的' || {{ marked('cast(shortage.sections as string)', 'shortage.is_tainted') }}
                    || '校：' || shortage.names
            when coefficient.sections = 0 then ''
            when coefficient.sections = 1 and coefficient.sections_missing = 0 then '，该校达标'
            when coefficient.sections_missing > 0 then '，有数据的各校均达标'
            else '，各校均达标'
        end
        || case when coefficient.sections_tainted > 0
            then '；' || cast(coefficient.sections_tainted as string) || '校数据存疑，'
                || {{ word_zh('verdict', 'unverified') }}
                || coalesce('，剔除后差异系数' || {{ number_text('coefficient.cv_without_tainted', 2) }}, '')
            when shortage.open_sections > 0
                then '；' || cast(shortage.open_sections as string) || '校能否达标取决于其存疑的其他指标，'
                    || {{ word_zh('verdict', 'unverified') }}
            else '' end as evidence
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
        is_tainted, value_without_tainted,
        -- Of two stages the one nearer to its limit, or further above it, is shown.
        {{ safe_divide('value', 'threshold') }} as closeness
    from resource
    union all
    select
        school_year, county_code, item_id, part_id, is_county_level, position, value, threshold, verdict,
        evidence, is_tainted, value_without_tainted, 0.0
    from {{ ref('int_county_item') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by school_year, county_code, item_id
            order by
                case verdict
                    when 'not_met' then 0 when 'unverified' then 1 when 'met' then 2 when 'not_reported' then 3
                    when 'not_applicable' then 4 when 'not_due' then 5 else 6 -- told: no verdict
                end,
                closeness desc nulls last, position, part_id
        ) as place
    from part
),

{# A route is complete where every part of it has its answer: what the county says itself stands for what
   its schools did not say, and the reverse. -#}
{% set routes = {'county': 'is_county_level', 'school': 'not is_county_level'} -%}
united as (
    select
        school_year,
        county_code,
        item_id,
        max(case when place = 1 then value end) as lead_value,
        max(case when place = 1 then threshold end) as threshold,
        max(case when place = 1 then value_without_tainted end) as lead_without,
        {{ exact_sum('case when verdict is not null then value end') }} as total_value,
        {{ exact_sum(
            'case when verdict is not null then case when is_tainted then value_without_tainted else value end end'
        ) }}
            as total_without,
        bool_or(is_tainted and verdict is not null) as is_tainted,
        count(case when verdict = 'not_met' then 1 end) as unmet,
        count(case when verdict = 'unverified' then 1 end) as unverified,
        count(case when verdict = 'not_applicable' then 1 end) as not_applicable
        {%- for route, condition in routes.items() %},
        count(case when {{ condition }} and verdict is not null then 1 end) > 0
        and count(case when {{ condition }} and verdict = 'not_reported' then 1 end) = 0 as {{ route }}_complete,
        count(case when {{ condition }} and verdict = 'met' then 1 end) > 0 as {{ route }}_met
        {%- endfor %},
        {{ parts_in_order("case when verdict is null or verdict <> 'not_due' then evidence end") }} as evidence,
        {{ parts_in_order(
            "case when verdict is null or verdict not in ('not_due', 'not_reported') then evidence end"
        ) }} as evidence_told
    from ranked
    group by school_year, county_code, item_id
),

decided as (
    select
        *,
        case
            when unmet > 0 then 'not_met'
            when not (county_complete or school_complete) then 'not_reported'
            when unverified > 0 then 'unverified'
            when (county_complete and county_met) or (school_complete and school_met) then 'met'
            when not_applicable > 0 then 'not_applicable'
            else 'not_due'
        end as verdict
    from united
)

select
    county.school_year,
    county.county_code,
    county.county_name,
    '2017' as standard_id,
    item.item_id,
    item.name_zh as item_name,
    case when item.value_rule = 'sum' then decided.total_value else decided.lead_value end as value,
    decided.threshold,
    case
        when decided.item_id is not null then decided.verdict
        -- Before the document nothing was due; later a county without sections has not reported.
        when county.school_year < 2017 then 'not_due'
        else 'not_reported'
    end as verdict,
    case
        when decided.item_id is null then item.name_zh || '：' || {{ word_zh('verdict', 'not_reported') }}
        when decided.verdict in ('met', 'not_met', 'unverified') then decided.evidence_told
        when decided.verdict = 'not_applicable' then {{ word_zh('verdict', 'not_applicable') }} -- nobody it applies to
        when decided.verdict = 'not_due' then '当年尚无此项标准'
        else decided.evidence
    end as evidence,
    coalesce(decided.is_tainted, false) as is_tainted,
    case
        when not decided.is_tainted then null
        when item.value_rule = 'sum' then decided.total_without
        else decided.lead_without
    end as value_without_tainted
from {{ ref('int_county') }} as county
inner join {{ ref('item') }} as item on item.kind <> 'descriptive'
left join decided
    on
        county.school_year = decided.school_year
        and county.county_code = decided.county_code
        and item.item_id = decided.item_id
