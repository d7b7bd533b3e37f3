-- depends_on: {{ ref('item_part') }}
-- depends_on: {{ ref('setting') }}
{%- set parts = item_parts('county') %}
{%- set answers = answers_of(parts) %}
{%- set names = setting('evidence_names') | int %}

with nearby as (
    -- G13 where the county gives no rate: entrants of the catchment area among all entrants of urban
    -- and town public schools, if every one of them answered.
    select
        section.school_year,
        section.county_code,
        section.stage,
        {{ safe_divide(exact_sum('answer.value'), exact_sum('section.entrants')) }} as rate
    from {{ ref('int_section') }} as section
    inner join {{ ref('dim_section') }} as place
        on
            section.school_year = place.school_year
            and section.term = place.term
            and section.school_id = place.school_id
            and section.stage = place.stage
            and place.exclusion_reason is null
    left join {{ ref('stg_lake__answer') }} as answer
        on
            section.school_year = answer.school_year
            and section.school_id = answer.school_id
            and section.stage = answer.stage
            and answer.item_id = 'nearby_entrants'
    where
        section.term = '{{ setting("census_term") }}'
        and section.urban_rural in ('urban', 'town')
        and coalesce(section.is_public, true)
        and section.entrants > 0
        and exists (
            select 1 from {{ ref('stg_lake__answer') }} as any_answer
            where any_answer.item_id = 'nearby_entrants'
        )
    group by section.school_year, section.county_code, section.stage
    having count(answer.value) = count(*)
),

told as (
    select school_year, county_code, item_id, value, evidence
    from {{ ref('stg_lake__answer') }}
    where school_id = ''
    union all
    select
        nearby.school_year, nearby.county_code, 'nearby_rate_' || nearby.stage, nearby.rate, null
    from nearby
    left join {{ ref('stg_lake__answer') }} as answer
        on
            nearby.school_year = answer.school_year
            and nearby.county_code = answer.county_code
            and answer.school_id = ''
            and answer.item_id = 'nearby_rate_' || nearby.stage
    where answer.value is null
),

answered as (
    select
        school_year,
        county_code
        {%- for answer in answers %},
        max(case when item_id = '{{ answer }}' then value end) as {{ answer }},
        max(case when item_id = '{{ answer }}' then evidence end) as {{ answer }}__evidence
        {%- endfor %}
    from told
    group by school_year, county_code
),

-- Q9: the latest results of the national monitoring that still count.
monitored as (
    select
        county.school_year,
        county.county_code,
        monitoring.stage,
        monitoring.subject,
        monitoring.level,
        monitoring.between_school_rate,
        monitoring.school_year as monitored_year,
        dense_rank() over (
            partition by county.school_year, county.county_code order by monitoring.school_year desc
        ) as choice
    from {{ ref('int_county') }} as county
    inner join {{ ref('stg_lake__monitoring') }} as monitoring
        on
            county.county_code = monitoring.county_code
            and monitoring.school_year <= county.school_year
            and monitoring.school_year > county.school_year - {{ setting('monitoring_valid_years') }}
),

county_figure as (
    {%- for part in parts %}
    select
        school_year, county_code, '{{ part.part_id }}' as part_id,
        {{ answer_sum(part.numerators) }} as numerator,
        {{ answer_sum(part.denominators) if part.denominators else 'cast(null as double)' }} as denominator,
        {{ 'true' if part.denominators else 'false' }} as is_ratio,
        {{ part.numerators[0].answer }}__evidence as evidence
    from answered
    union all
    {%- endfor %}
    select
        -- Above 1 and not explained: the figure as it was reported, which a hard flag leaves unverified.
        school_year, county_code, 'retention',
        case status when 'above_one' then retention_uncapped else retention end, null, false,
        {{ cohort_evidence() }}
    from {{ ref('retention') }}
    where school_id is null and stage = 'junior' and cohort_years = 3
    union all
    select
        school_year, county_code, 'monitoring_rate',
        case when count(between_school_rate) = count(*) then max(between_school_rate) end,
        count(*), false,
        case when max(monitored_year) < school_year
            then '，' || cast(max(monitored_year) as string) || ' 年监测' else '' end
    from monitored where choice = 1 group by school_year, county_code
    union all
    select
        school_year, county_code, 'monitoring_level', min(level), count(*), false, ''
    from monitored where choice = 1 group by school_year, county_code
),

school_ranked as (
    select
        *,
        row_number() over (
            partition by school_year, county_code, part_id
            order by abs(value - threshold) desc, school_id, stage
        ) as place
    from {{ ref('int_school_item') }}
    where verdict = 'not_met'
),

school_named as (
    select
        school_year,
        county_code,
        part_id,
        {{ dbt.listagg('case when place <= ' ~ names ~ ' then label end', "'、'", 'order by place') }}
        || case when count(*) > {{ names }} then ' 等' else '' end as names
    from school_ranked
    group by school_year, county_code, part_id
),

school_figure as (
    select
        school_year,
        county_code,
        part_id,
        count(*) as rows_found,
        count(value) as reported,
        count(case when verdict = 'not_met' then 1 end) as unmet,
        {{ exact_sum('case when value is not null then numerator end') }} as sum_n,
        {{ exact_sum('case when value is not null then denominator end') }} as sum_d,
        max(value) as greatest_value,
        min(value) as least_value
    from {{ ref('int_school_item') }}
    group by school_year, county_code, part_id
),

assembled as (
    select
        county.school_year,
        county.county_code,
        in_force.part_id,
        in_force.item_id,
        in_force.position,
        in_force.stage,
        in_force.level,
        in_force.scale,
        in_force.decimals,
        in_force.name_zh,
        in_force.wording,
        in_force.wording_met,
        in_force.wording_unmet,
        in_force.total,
        in_force.comparator,
        in_force.threshold,
        in_force.document,
        in_force.is_regional,
        county.schools,
        case in_force.level
            when 'school' then
                case when in_force.item_id = 'G4' then school_figure.rows_found else county.schools end
            when 'section' then
                case when in_force.item_id = 'G5' then school_figure.rows_found else county.sections end
            when 'small_school' then county.small_schools
        end as expected,
        county_figure.part_id is not null as is_answered,
        county_figure.numerator,
        county_figure.denominator,
        county_figure.is_ratio,
        county_figure.evidence as said,
        school_figure.reported,
        school_figure.unmet,
        school_figure.sum_n,
        school_figure.sum_d,
        case when in_force.comparator = '<=' then school_figure.greatest_value else school_figure.least_value
        end as worst,
        school_named.names
    from {{ ref('int_county') }} as county
    inner join {{ ref('int_item_in_force') }} as in_force
        on county.school_year = in_force.school_year and county.region_code = in_force.region_code
    left join county_figure
        on
            county.school_year = county_figure.school_year
            and county.county_code = county_figure.county_code
            and in_force.part_id = county_figure.part_id
    left join school_figure
        on
            county.school_year = school_figure.school_year
            and county.county_code = school_figure.county_code
            and in_force.part_id = school_figure.part_id
    left join school_named
        on
            county.school_year = school_named.school_year
            and county.county_code = school_named.county_code
            and in_force.part_id = school_named.part_id
),

valued as (
    select
        *,
        level in ('county', 'mart') as is_county_level,
        case
            when level in ('county', 'mart') then
                case when is_ratio then {{ safe_divide('numerator', 'denominator') }} else numerator end
            when total = 'sum' then sum_n
            when total = 'ratio' then {{ safe_divide('sum_n', 'sum_d') }}
            else worst
        end as value
    from assembled
)

{% set words = {
    'name': 'name_zh',
    'yn': "case when value >= 1 then '是' else '否' end",
    'occurred': "case when value > 0 then '发生' else '未发生' end",
    'n': short_number('numerator'),
    'd': short_number('denominator'),
    'v': value_text('value', 'scale', 'decimals'),
    't': limit_text('threshold', 'scale'),
    'c': comparator_zh('comparator'),
    'evidence': "case when level = 'county' then '（' || nullif(said, '') || '）' else said end",
    'reported': 'cast(reported as string)',
    'unmet': 'cast(unmet as string)',
    'names': 'names',
    'worst': short_number('worst'),
    'total': short_number('sum_n'),
    'sum_n': short_number('sum_n'),
    'sum_d': short_number('sum_d'),
    'limit': "case stage when 'primary' then '" ~ setting('class_limit_primary') ~ "' else '"
        ~ setting('class_limit_junior') ~ "' end",
} -%}
select
    school_year,
    county_code,
    item_id,
    part_id,
    position,
    stage,
    level,
    is_county_level,
    total,
    scale,
    decimals,
    case when is_county_level then numerator else sum_n end as numerator,
    case when is_county_level then denominator else sum_d end as denominator,
    value,
    comparator,
    threshold,
    case
        when threshold is null then 'not_due'
        when is_county_level and is_ratio and denominator = 0 then 'not_due' -- there is nobody to count
        when is_county_level and value is null then 'not_reported'
        when is_county_level and {{ stands('value', 'comparator', 'threshold') }} then 'met'
        when is_county_level then 'not_met'
        when unmet > 0 then 'not_met'
        when schools = 0 then 'not_reported'
        when coalesce(expected, 0) = 0 then 'not_due'
        when coalesce(reported, 0) < expected then 'not_reported'
        else 'met'
    end as verdict,
    case
        when threshold is null then null
        -- A cohort whose rate cannot be computed was reported all the same: so far as it was.
        when part_id = 'retention' and value is null and said is not null then name_zh || said
        when is_county_level and value is null then name_zh || '：未填报'
        when is_county_level then {{ fill_in('wording', words) }}
        when unmet > 0 then {{ fill_in('wording_unmet', words) }}
        when coalesce(reported, 0) < expected then
            '各校' || name_zh || '：' || case
                when coalesce(reported, 0) = 0 then '未填报'
                else '已填报 ' || cast(reported as string) || '，未填报 '
                    || cast(expected - reported as string)
            end
        else {{ fill_in('wording_met', words) }}
    end
    || case when document is not null and is_regional then '〔' || document || '〕' else '' end as evidence
from valued
