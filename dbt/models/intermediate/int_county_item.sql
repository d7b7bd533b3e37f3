-- depends_on: {{ ref('item_part') }}
-- depends_on: {{ ref('setting') }}
-- depends_on: {{ ref('word') }}
{%- set parts = item_parts('county') %}
{%- set answers = answers_of(parts) %}
{%- set names = setting('evidence_names') | int %}

-- G13: the urban and town public schools that are no boarding schools; whether a school has boarders and
-- whether a child enters it may be unknown, then it counts.
with enrolling as (
    select
        section.school_year,
        section.county_code,
        section.stage,
        section.entrants,
        answer.value,
        doubt.school_id is not null as is_tainted,
        coalesce(
            place.urban_rural in ('urban', 'town')
            and coalesce(place.is_public, true)
            and coalesce(section.entrants, 1) > 0
            and coalesce(school.boarders, 0) < {{ setting('boarding_from') }},
            false
        ) as is_concerned
    from {{ ref('int_section') }} as section
    inner join {{ ref('dim_section') }} as judged
        on
            section.school_year = judged.school_year
            and section.term = judged.term
            and section.school_id = judged.school_id
            and section.stage = judged.stage
            and judged.exclusion_reason is null
    inner join {{ ref('dim_school') }} as place
        on section.school_year = place.school_year and section.school_id = place.school_id
    inner join (
        select school_year, term, school_id, sum(pupils_boarding) as boarders
        from {{ ref('int_section') }}
        group by school_year, term, school_id
    ) as school
        on
            section.school_year = school.school_year
            and section.term = school.term
            and section.school_id = school.school_id
    left join {{ ref('stg_lake__answer') }} as answer
        on
            section.school_year = answer.school_year
            and section.school_id = answer.school_id
            and section.stage = answer.stage
            and answer.item_id = 'nearby_entrants'
    left join (
        select distinct school_year, school_id, part_id -- several flags, one doubt
        from {{ ref('int_taint') }}
        where school_id <> '' and item_id = 'G13'
    ) as doubt
        on
            section.school_year = doubt.school_year
            and section.school_id = doubt.school_id
            and doubt.part_id = 'nearby_' || section.stage
    where section.term = '{{ setting("census_term") }}' and {{ list_holds('section.standards', "'2017'") }}
),

-- Where the county gives no rate: entrants of the catchment area among all, if every school answered.
nearby as (
    select
        concerned.school_year,
        concerned.county_code,
        concerned.stage,
        concerned.schools = 0 as is_nobody,
        case
            when concerned.answered = concerned.schools
                then {{ safe_divide('concerned.near', 'concerned.entrants') }}
        end as rate,
        case
            when concerned.clean_answered = concerned.clean_schools
                then {{ safe_divide('concerned.clean_near', 'concerned.clean_entrants') }}
        end as clean_rate,
        concerned.clean_schools < concerned.schools and concerned.clean_answered = concerned.clean_schools
            as is_tainted
    from (
        select
            school_year,
            county_code,
            stage
            {%- for prefix, condition in {'': 'is_concerned', 'clean_': 'is_concerned and not is_tainted'}.items() %},
            count(case when {{ condition }} then 1 end) as {{ prefix }}schools,
            count(case when {{ condition }} then value + entrants end) as {{ prefix }}answered,
            {{ exact_sum('case when ' ~ condition ~ ' then value end') }} as {{ prefix }}near,
            {{ exact_sum('case when ' ~ condition ~ ' then entrants end') }} as {{ prefix }}entrants
            {%- endfor %}
        from enrolling
        group by school_year, county_code, stage
    ) as concerned
    left join {{ ref('stg_lake__answer') }} as answer
        on
            concerned.school_year = answer.school_year
            and concerned.county_code = answer.county_code
            and answer.school_id = ''
            and answer.item_id = 'nearby_rate_' || concerned.stage
    where answer.value is null
),

told as (
    select school_year, county_code, item_id, value, evidence
    from {{ ref('stg_lake__answer') }}
    where school_id = ''
    union all
    select school_year, county_code, 'nearby_rate_' || stage, rate, null
    from nearby
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
    from {{ ref('retention') }}
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
                then '，' || cast(min(monitored_year) as string) || '—' || cast(max(monitored_year) as string) || ' 年监测'
            when max(monitored_year) < school_year then '，' || cast(max(monitored_year) as string) || ' 年监测'
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
        || case when count(case when {{ condition }} then 1 end) > {{ names }} then ' 等' else '' end as {{ named }}
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
    left join nearby
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
                    when {{ stands('value', 'comparator', 'threshold') }} then 'met'
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

{% set words = {
    'name': 'name_zh',
    'yn': "case when value >= 1 then '是' else '否' end",
    'occurred': "case when value > 0 then '发生' else '未发生' end",
    'n': marked(short_number('numerator')),
    'd': marked(short_number('denominator')),
    'v': marked(value_text('value', 'scale', 'decimals')),
    't': limit_text('threshold', 'scale'),
    'c': comparator_zh('comparator'),
    'evidence': "case when level = 'county' then '（' || nullif(said, '') || '）' else said end",
    'reported': 'cast(reported as string)',
    'unmet': 'cast(unmet as string)',
    'names': 'names',
    'worst': marked(short_number('worst')),
    'total': short_number('clean_n'),
    'sum_n': marked(short_number('sum_n')),
    'sum_d': marked(short_number('sum_d')),
    'limit': "case stage when 'primary' then '" ~ setting('class_limit_primary') ~ "' else '"
        ~ setting('class_limit_junior') ~ "' end",
} -%}
{% set unit = "case level when 'section' then ' 个学部' else ' 所学校' end" -%}
{% set in_doubt = "cast(tainted as string) || " ~ unit ~ " || '数据存疑（' || doubtful_names || '），' || "
    ~ word_zh('verdict', 'unverified') -%}
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
    case
        when verdict = 'not_due' or (role = 'told' and value is null) then null
        when verdict = 'not_applicable' then name_zh || '：' || {{ word_zh('verdict', 'not_applicable') }}
        when is_county_level then
            case
                when value is not null then {{ fill_in('wording', words) }}
                -- A cohort whose rate cannot be computed was reported all the same: so far as it was.
                when part_id = 'retention' and said is not null then name_zh || said
                when verdict = 'unverified' then name_zh || '：填报数据'
                else name_zh || '：' || {{ word_zh('verdict', 'not_reported') }}
            end
            || case
                when not is_tainted then ''
                else case when value is null then '存疑，' else '，数据存疑，' end || {{ word_zh('verdict', 'unverified') }}
                    || coalesce('，剔除后 ' || {{ value_text('clean_value', 'scale', 'decimals') }}, '')
            end
        when unmet > 0 then
            {{ fill_in('wording_unmet', words) }} || coalesce('；另有 ' || {{ in_doubt }}, '')
        when verdict = 'not_reported' then
            '各校' || name_zh || '：' || case
                when coalesce(covered, 0) + coalesce(undecided, 0) = 0 then {{ word_zh('verdict', 'not_reported') }}
                else concat_ws(
                    '，', '已填报 ' || cast(covered as string),
                    case when undecided > 0 then '数据不足、无法判定 ' || cast(undecided as string) end,
                    case when expected > covered + undecided
                        then {{ word_zh('verdict', 'not_reported') }} || ' ' || cast(expected - covered - undecided as string)
                    end
                )
            end || coalesce('；' || {{ in_doubt }}, '')
        when verdict = 'unverified' then
            name_zh || '：' || coalesce({{ in_doubt }}, '全县数据存疑，' || {{ word_zh('verdict', 'unverified') }})
            || case
                when is_doubtful then ''
                when clean_reported = 0 then '，没有其余学校的数据'
                else '，剔除后'
                    || case when scale = 100 then ' ' || {{ value_text('clean_value', 'scale', 'decimals') }} || '，' else '' end
                    || '其余 ' || cast(clean_reported as string) || {{ unit }} || '均达标'
            end
        else {{ fill_in('wording_met', words) }}
    end
    || case when document is not null and is_regional then '〔' || document || '〕' else '' end as evidence
from decided
