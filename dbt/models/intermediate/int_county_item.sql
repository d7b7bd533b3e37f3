{%- set parts = item_parts('county') %}
{%- set answers = answers_of(parts) %}
{%- set names = setting('evidence_names') | int %}

with told as (
    select school_year, county_code, item_id, value, evidence
    from {{ ref('stg_lake__answer') }}
    where school_id = ''
    union all
    select school_year, county_code, 'nearby_rate_' || stage, rate, null
    from {{ ref('int_nearby_enrolment') }}
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

-- Q9: of each stage and subject the newest result that still counts. Two or three subjects are
-- monitored a year, in turn.
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
            partition by county.school_year, county.county_code, monitoring.stage, monitoring.subject
            order by monitoring.school_year desc
        ) as choice
    from {{ ref('int_county') }} as county
    inner join (
        -- A county is monitored under the code that it had then.
        select result.*, coalesce(code.county_code, result.county_code) as current_county_code
        from {{ ref('stg_lake__monitoring') }} as result
        left join {{ ref('stg_lake__county_code') }} as code on result.county_code = code.old_code
    ) as monitoring
        on
            county.current_county_code = monitoring.current_county_code
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
    from {{ ref('int_retention') }}
    where school_id is null and stage = 'junior' and cohort_years = 3
    union all
    -- Per-pupil public funds: a school states its budget as a whole, so only where that is one stage's.
    select
        section.school_year, section.county_code, 'public_funds_' || section.stage,
        {{ exact_sum('answer.value') }}, {{ exact_sum('section.pupils') }}, true, cast(null as string)
    from {{ ref('int_evaluated_section') }} as section
    inner join (
        select school_year, school_id
        from {{ ref('int_evaluated_section') }}
        group by school_year, school_id
        having count(*) = 1
    ) as single
        on section.school_year = single.school_year and section.school_id = single.school_id
    inner join {{ ref('stg_lake__answer') }} as answer
        on
            section.school_year = answer.school_year
            and section.school_id = answer.school_id
            and answer.item_id = 'running_budget_yuan'
    where section.pupils > 0
    group by section.school_year, section.county_code, section.stage
    union all
    select
        school_year, county_code, 'monitoring_rate',
        case when count(between_school_rate) = count(*) then max(between_school_rate) end,
        count(*), false,
        case
            when min(monitored_year) < max(monitored_year)
                then '，' || cast(min(monitored_year) as string) || '—' || cast(max(monitored_year) as string) || '年监测'
            when max(monitored_year) < school_year then '，' || cast(max(monitored_year) as string) || '年监测'
            else ''
        end
    from monitored where choice = 1 group by school_year, county_code
    union all
    select
        school_year, county_code, 'monitoring_level',
        case when count(level) = count(*) then min(level) end, count(*), false, ''
    from monitored where choice = 1 group by school_year, county_code
),

county_doubt as (
    select
        school_year,
        county_code,
        part_id,
        bool_or(school_id = '') as by_county,
        bool_or(school_id <> '') as by_school
    from {{ ref('int_taint') }}
    group by school_year, county_code, part_id
),

-- Q1 without the schools in doubt: what the county counted less what they counted. Transfers between two
-- schools of the county stand in the figures of both and cancel.
{% set rate = {
    'a': ('graduates', 'due'), 'b': ('graduates - transfers_in + transfers_out', 'entrants - deaths'),
}[setting('retention_formula')] -%}
clean_retention as (
    select
        county.school_year,
        county.county_code,
        'retention' as part_id,
        {{ safe_divide('county.stayed - doubtful.stayed', 'county.started - doubtful.started') }} as clean_rate
    from (
        select graduation_year as school_year, county_code, basis, {{ rate[0] }} as stayed, {{ rate[1] }} as started
        from {{ ref('int_cohort') }}
        where is_chosen and certainty in ('exact', 'estimate') and school_id is null and stage = 'junior' and years = 3
    ) as county
    inner join (
        select
            cohort.graduation_year as school_year, cohort.county_code, min(cohort.basis) as basis,
            {{ exact_sum(rate[0]) }} as stayed, {{ exact_sum(rate[1]) }} as started
        from {{ ref('int_cohort') }} as cohort
        inner join (
            select distinct school_year, school_id -- several flags, one doubt
            from {{ ref('int_taint') }}
            where school_id <> '' and part_id = 'retention'
        ) as doubt
            on cohort.graduation_year = doubt.school_year and cohort.school_id = doubt.school_id
        where cohort.is_chosen and cohort.stage = 'junior' and cohort.years = 3
        group by cohort.graduation_year, cohort.county_code
        having min(cohort.basis) = max(cohort.basis) and count(*) = count({{ rate[0] }} + {{ rate[1] }})
    ) as doubtful
        on
            county.school_year = doubtful.school_year
            and county.county_code = doubtful.county_code
            and county.basis = doubtful.basis
),

-- Schools that fail for certain, and schools whose figures are in doubt.
school_ranked as (
    select
        *,
        row_number() over (
            partition by school_year, county_code, part_id, is_tainted
            order by abs(value - threshold) desc, school_id, stage
        ) as place
    from {{ ref('int_school_item') }}
    where verdict = 'not_met' or is_tainted
),

school_named as (
    select
        school_year,
        county_code,
        part_id
        {%- for named, condition in {'names': 'not is_tainted', 'doubtful_names': 'is_tainted'}.items() %},
        {{ dbt.listagg(
            'case when ' ~ condition ~ ' and place <= ' ~ names ~ ' then '
            ~ ('label' if named == 'names' else 'coalesce(school_name, school_id)') ~ ' end',
            "'、'", 'order by place'
        ) }}
        || case when count(case when {{ condition }} then 1 end) > {{ names }} then '等' else '' end as {{ named }}
        {%- endfor %}
    from school_ranked
    group by school_year, county_code, part_id
),

{% set clean = 'case when value is not null and not is_tainted then ' -%}
school_figure as (
    select
        school_year,
        county_code,
        part_id,
        count(*) as rows_found,
        count(value) as reported,
        count(case when value is null and not is_tainted then 1 end) as undecided,
        count(case when is_tainted then 1 end) as tainted,
        count(case when value is not null or is_tainted then 1 end) as covered,
        count(case when verdict = 'not_met' and not is_tainted then 1 end) as unmet,
        {{ exact_sum('case when value is not null then numerator end') }} as sum_n,
        {{ exact_sum('case when value is not null then denominator end') }} as sum_d,
        max(value) as greatest_value,
        min(value) as least_value,
        count({{ clean }}1 end) as clean_reported,
        {{ exact_sum(clean ~ 'numerator end') }} as clean_n,
        {{ exact_sum(clean ~ 'denominator end') }} as clean_d,
        max({{ clean }}value end) as clean_greatest,
        min({{ clean }}value end) as clean_least
    from {{ ref('int_school_item') }}
    group by school_year, county_code, part_id
),

{# Items that schools answer too: what stands against a school touches its own parts of them. -#}
{% set of_schools = [] -%}
{% for row in seed_rows('item_part', 'part_id') if row.level not in ('county', 'mart') and row.item_id not in of_schools -%}
  {%- do of_schools.append(row.item_id) -%}
{%- endfor -%}
{% set of_counties = [] -%}
{% for row in seed_rows('item_part', 'part_id') if row.level in ('county', 'mart') and row.item_id not in of_counties -%}
  {%- do of_counties.append(row.item_id) -%}
{%- endfor -%}
assembled as (
    select
        county.school_year,
        county.county_code,
        in_force.part_id,
        in_force.item_id,
        in_force.position,
        in_force.stage,
        in_force.level,
        in_force.level in ('county', 'mart') as is_county_level,
        in_force.role,
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
        county_figure.numerator,
        county_figure.denominator,
        county_figure.is_ratio,
        county_figure.evidence as said,
        -- There is nobody to count.
        coalesce(county_figure.is_ratio and county_figure.denominator = 0, false) or coalesce(nearby.is_nobody, false)
            as is_nobody,
        case
            when in_force.level not in ('county', 'mart')
                then coalesce(doubt.by_county, false) and in_force.item_id not in ('{{ of_counties | join("', '") }}')
            when in_force.item_id = 'G13' then coalesce(doubt.by_county, false) or coalesce(nearby.is_tainted, false)
            else
                coalesce(doubt.by_county, false)
                or (coalesce(doubt.by_school, false) and in_force.item_id not in ('{{ of_schools | join("', '") }}'))
        end as is_doubtful,
        case when not coalesce(doubt.by_county, false) then coalesce(nearby.clean_rate, clean_retention.clean_rate) end
            as clean_rate,
        school_figure.reported,
        school_figure.undecided,
        school_figure.tainted,
        school_figure.covered,
        school_figure.unmet,
        school_figure.sum_n,
        school_figure.sum_d,
        school_figure.clean_reported,
        school_figure.clean_n,
        school_figure.clean_d,
        case when in_force.comparator = '<=' then school_figure.greatest_value else school_figure.least_value
        end as worst,
        case when in_force.comparator = '<=' then school_figure.clean_greatest else school_figure.clean_least
        end as clean_worst,
        school_named.names,
        school_named.doubtful_names
    from {{ ref('int_county') }} as county
    inner join {{ ref('int_item_in_force') }} as in_force
        on county.school_year = in_force.school_year and county.region_code = in_force.region_code
    {%- for joined in ['county_figure', 'county_doubt as doubt', 'clean_retention', 'school_figure', 'school_named'] %}
    {%- set name = joined.split(' ')[-1] %}
    left join {{ joined }}
        on
            county.school_year = {{ name }}.school_year
            and county.county_code = {{ name }}.county_code
            and in_force.part_id = {{ name }}.part_id
    {%- endfor %}
    left join {{ ref('int_nearby_enrolment') }} as nearby
        on
            county.school_year = nearby.school_year
            and county.county_code = nearby.county_code
            and in_force.part_id = 'nearby_' || nearby.stage
),

valued as (
    select
        *,
        is_doubtful or coalesce(tainted, 0) > 0 as is_tainted,
        case
            when is_county_level
                then case when is_ratio then {{ safe_divide('numerator', 'denominator') }} else numerator end
            when total = 'sum' then sum_n
            when total = 'ratio' then {{ safe_divide('sum_n', 'sum_d') }}
            else worst
        end as value,
        -- Without what is in doubt; of one answer of the county nothing is left.
        case
            when is_county_level then clean_rate
            when is_doubtful then null
            when total = 'sum' then clean_n
            when total = 'ratio' then {{ safe_divide('clean_n', 'clean_d') }}
            else clean_worst
        end as clean_value
    from assembled
),

decided as (
    select
        *,
        case
            when role = 'told' then null
            when threshold is null then 'not_due'
            when is_county_level then
                case
                    when is_tainted then 'unverified'
                    when is_nobody then 'not_applicable'
                    when value is null then 'not_reported'
                    when {{ compares('value', 'comparator', 'threshold') }} then 'met'
                    else 'not_met'
                end
            -- A school that fails for certain decides, whatever figures in doubt turn out to be.
            when unmet > 0 then 'not_met'
            when schools = 0 then 'not_reported'
            when coalesce(expected, 0) = 0 then 'not_applicable'
            when coalesce(covered, 0) < expected then 'not_reported'
            when is_tainted then 'unverified'
            else 'met'
        end as verdict
    from valued
)

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
    verdict,
    is_tainted,
    clean_value as value_without_tainted,
    {{ county_item_evidence() }} as evidence
from decided
