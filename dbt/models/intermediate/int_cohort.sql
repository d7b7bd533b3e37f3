{#- Rendered twice: by dbt for marts.retention, and by the judgement for its frame `cohort`
    (dagster_project/judgement/frames/cohorts.py), which comes before dbt and must speak of the same numbers. So
    it is written once, of five relations that both have: movements, cohort returns, sections, changed
    county codes and lineage. -#}
{%- set estimate_margin = setting('retention_estimate_margin') %}
{%- set unreported_margin = setting('retention_unreported_margin') %}
{#- What a cohort gains and loses on its way, and what becomes of it at the end; the kind of movement
    that tells of it, and the figure of form 331. -#}
{%- set flows = {
    'transfers_in': 'transfer_in', 'transfers_out': 'transfer_out', 'resumed': 'resumed',
    'suspended': 'suspended', 'deaths': 'death', 'dropouts': 'dropout',
} %}
{%- set ends = {'graduates': 'graduate', 'completions': 'completion', 'still_enrolled': 'still_enrolled'} %}
{%- set figures = ['entrants'] + flows.keys() | list + ends.keys() | list %}
{%- set years_of_a_stage -%}
    {%- for years_later in range(7) %}select {{ years_later }} as years_later{{ ' union all ' if not loop.last }}{% endfor -%}
{%- endset %}
{#- Nobody comes or goes unseen: what is left over is 0 (DOMAIN 4, "flow balance, always checked"). -#}
{%- set balance -%}
    entrants + transfers_in + resumed - transfers_out - suspended - dropouts - deaths
    - coalesce(completions, 0) - coalesce(still_enrolled, 0) - graduates
{%- endset %}
{#- Of several sources the surest: movements child by child, then what the county says of the cohort,
    then the estimate, then what is left. -#}
{%- set is_chosen -%}
    row_number() over (
        partition by graduation_year, county_code, stage, years, coalesce(school_id, '')
        order by
            case
                when certainty = 'exact' or (certainty = 'estimate' and basis = 'movement') then 1
                when certainty = 'estimate' then 2
                when certainty = 'part' then 3
                else 4
            end,
            case basis when 'movement' then 1 when 'return' then 2 when 'form_331' then 3 else 4 end
    ) = 1
{%- endset %}

-- A cohort is named by the autumn after its last summer: the census of that autumn reports its
-- graduates, and counties print its retention under that year.
with span as (
    select 'primary' as stage, 6 as years
    union all
    select 'junior', 3
),

movement as (
    select
        movement.school_year,
        movement.term,
        coalesce(code.county_code, movement.county_code) as county_code,
        movement.school_id,
        movement.stage,
        span.years,
        movement.cohort + span.years as graduation_year,
        movement.kind,
        movement.pupils,
        coalesce(movement.is_complete, true) as is_complete
    from {{ ref('stg_lake__movement') }} as movement
    inner join span on movement.stage = span.stage
    left join {{ ref('stg_lake__county_code') }} as code on movement.county_code = code.old_code
    where movement.school_year >= movement.cohort and movement.school_year < movement.cohort + span.years
),

moved as (
    select
        'movement' as source,
        graduation_year,
        county_code,
        school_id,
        stage,
        years,
        school_year as seen_year,
        sum(case when kind = 'entrant' then pupils end) as entrants,
        {%- for flow, kind in flows.items() %}
        coalesce(sum(case when kind = '{{ kind }}' then pupils end), 0) as {{ flow }},
        {%- endfor %}
        sum(case when kind = 'graduate' then pupils end) as graduates,
        coalesce(sum(case when kind = 'completion' then pupils end), 0) as completions,
        coalesce(sum(case when kind = 'still_enrolled' then pupils end), 0) as still_enrolled,
        cast(null as bigint) as forms
    from movement
    group by graduation_year, county_code, school_id, stage, years, school_year
),

-- A list that lost a row (it was set aside as doubtful) may lack something of any cohort at school then.
gap as (
    select
        'gap' as source,
        listed.school_year + later.years_later as graduation_year,
        listed.county_code,
        listed.school_id,
        listed.stage,
        listed.years,
        listed.school_year as seen_year,
        {% for figure in figures %}cast(null as double) as {{ figure }}, {% endfor %}cast(null as bigint) as forms
    from (
        select distinct school_year, county_code, school_id, stage, years from movement where not is_complete
    ) as listed
    inner join ({{ years_of_a_stage }}) as later on later.years_later between 1 and listed.years
),

-- What the county says of a whole cohort at once. A blank is none as soon as one movement is given;
-- with none given nothing is known of them.
said as (
    select
        told.cohort + told.cohort_years as graduation_year,
        coalesce(code.county_code, told.county_code) as county_code,
        code.county_code is null as is_own_code,
        told.school_id,
        told.stage,
        cast(told.cohort_years as integer) as years,
        told.entrants,
        {%- for flow in flows %}
        case
            when coalesce({% for other in flows %}told.{{ other }}{{ ', ' if not loop.last }}{% endfor %}) is not null
                then coalesce(told.{{ flow }}, 0)
        end as {{ flow }},
        {%- endfor %}
        told.graduates,
        coalesce(told.completions, 0) as completions,
        coalesce(told.still_enrolled, 0) as still_enrolled
    from {{ ref('stg_lake__cohort') }} as told
    left join {{ ref('stg_lake__county_code') }} as code on told.county_code = code.old_code
),

-- A county whose code changed may tell of a cohort under both: that of the new code counts. Counties
-- that were made one told of a part each.
returned as (
    select
        'return' as source, graduation_year, county_code, school_id, stage, years
        {%- for figure in figures %},
        case when count({{ figure }}) = count(*) then {{ exact_sum(figure) }} end as {{ figure }}
        {%- endfor %}
    from (
        select
            *,
            bool_or(is_own_code) over (
                partition by graduation_year, county_code, stage, years, coalesce(school_id, '')
            ) as has_own_code
        from said
    ) as told
    where is_own_code = has_own_code
    group by graduation_year, county_code, school_id, stage, years
),

section as (
    select
        section.school_year,
        coalesce(code.county_code, section.county_code) as county_code,
        section.school_id,
        section.stage,
        span.years,
        coalesce(section.entrants, section.flow_entrants) as entrants,
        {%- for flow in flows %}
        section.flow_{{ flow }},
        {%- endfor %}
        coalesce(section.flow_graduates, section.graduates) as graduates,
        section.flow_completed as completions
    from {{ ref('int_pupil_flow') }} as section
    inner join span on section.stage = span.stage
    left join {{ ref('stg_lake__county_code') }} as code on section.county_code = code.old_code
),

-- Graduates are known of the summers before these censuses; no other cohort can be completed.
loaded as (
    select distinct school_year as graduation_year from section
),

-- Form 331 counts all grades of a stage: over the years that a cohort is there, its part of the
-- flows is estimated as one grade of so many. A form of autumn y tells of school year y - 1.
form as (
    select
        'form_331' as source,
        section.school_year + later.years_later as graduation_year,
        section.county_code,
        section.school_id,
        section.stage,
        section.years,
        section.school_year - 1 as seen_year,
        {%- for flow in flows %}
        section.flow_{{ flow }} as {{ flow }}{{ ',' if not loop.last }}
        {%- endfor %}
    from section
    inner join ({{ years_of_a_stage }}) as later on later.years_later < section.years
    inner join loaded on section.school_year + later.years_later = loaded.graduation_year
    where coalesce({% for flow in flows %}section.flow_{{ flow }}{{ ', ' if not loop.last }}{% endfor %}) is not null
),

form_total as (
    -- A school that no lineage leads elsewhere needs no more than its mean; of the others the pupils of
    -- every year are followed.
    select
        source, graduation_year, county_code, school_id, stage, years, cast(null as integer) as seen_year,
        cast(null as double) as entrants,
        {%- for flow in flows %}
        {{ safe_divide(exact_sum('coalesce(' ~ flow ~ ', 0)'), 'count(*)') }} as {{ flow }},
        {%- endfor %}
        cast(null as double) as graduates,
        cast(null as double) as completions,
        cast(null as double) as still_enrolled,
        count(*) as forms
    from form
    where school_id not in (select origin_school_id from {{ ref('int_lineage') }})
    group by source, graduation_year, county_code, school_id, stage, years
    union all
    select
        source, graduation_year, county_code, school_id, stage, years, seen_year,
        null,
        {%- for flow in flows %}
        {{ safe_divide('coalesce(' ~ flow ~ ', 0)', 'count(*) over (partition by graduation_year, county_code, school_id, stage)') }},
        {%- endfor %}
        null, null, null,
        count(*) over (partition by graduation_year, county_code, school_id, stage)
    from form
    where school_id in (select origin_school_id from {{ ref('int_lineage') }})
),

-- Entrants, graduates and who completed without a diploma as the censuses report them; they complete
-- what no movement file says.
census as (
    select
        'census' as source, school_year + years as graduation_year, county_code, school_id, stage, years,
        school_year as seen_year, entrants,
        {%- for flow in flows %}
        cast(null as double) as {{ flow }},
        {%- endfor %}
        cast(null as double) as graduates,
        cast(null as double) as completions,
        cast(null as double) as still_enrolled,
        cast(null as bigint) as forms
    from section
    inner join loaded on section.school_year + section.years = loaded.graduation_year
    where entrants is not null
    union all
    select
        'census', school_year, county_code, school_id, stage, years, school_year - 1, null,
        {% for flow in flows %}null, {% endfor %}graduates, completions, null, null
    from section
    where graduates is not null
),

piece as (
    select * from moved
    union all
    select * from form_total
    union all
    select * from census
    union all
    select * from gap
),

-- The pupils of a school that merged count for the school that they graduate from.
followed as (
    select
        piece.source, piece.graduation_year, piece.county_code, piece.stage, piece.years,
        coalesce(lineage.school_id, piece.school_id) as school_id,
        piece.forms,
        -- A split school's pupils went by shares: its cohort is known only nearly.
        coalesce(lineage.share, 1) < 0.999999 as is_apportioned,
        {%- for figure in figures %}
        piece.{{ figure }} * coalesce(lineage.share, 1) as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from piece
    left join {{ ref('int_lineage') }} as lineage
        on
            piece.school_id = lineage.origin_school_id
            and piece.seen_year >= lineage.seen_from
            and piece.seen_year < lineage.seen_to
            and piece.graduation_year - 1 between lineage.from_year and lineage.to_year
),

{% set sources = {'moved': 'movement', 'census': 'census', 'form': 'form_331'} -%}
{%- set told_by = {
    'entrants': ['moved', 'census'], 'graduates': ['moved', 'census'], 'completions': ['moved', 'census'],
    'still_enrolled': ['moved'],
} -%}
{%- for flow in flows %}{% do told_by.update({flow: ['moved', 'form']}) %}{% endfor -%}
{%- set totals %}
        count(case when source = 'movement' then 1 end) > 0 as has_movement,
        count(case when source = 'form_331' then 1 end) > 0 as has_form,
        count(case when source = 'gap' then 1 end) > 0 as has_gap,
        max(forms) as forms
        {%- for figure, tellers in told_by.items() %}{% for teller in tellers %},
        {{ exact_sum("case when source = '" ~ sources[teller] ~ "' then " ~ figure ~ " end") }} as {{ teller }}_{{ figure }}
        {%- endfor %}{% endfor %}
{%- endset -%}
counted as (
    select
        graduation_year, county_code, stage, years, cast(null as string) as school_id,
        false as is_apportioned,
        {{- totals }}
    from followed
    group by graduation_year, county_code, stage, years
    union all
    select
        graduation_year, county_code, stage, years, school_id,
        bool_or(is_apportioned),
        {{- totals }}
    from followed
    -- Schools only where the flows of their county are known.
    where
        (graduation_year, county_code, stage) in (
            select distinct graduation_year, county_code, stage from piece where source <> 'census'
        )
    group by graduation_year, county_code, stage, years, school_id
),

-- In which semesters of a cohort's years the county told of the movements of its stage, whatever moved.
semesters as (
    select
        cohort.graduation_year,
        cohort.county_code,
        cohort.stage,
        count(distinct cast(arrived.school_year as string) || arrived.term) as semesters
    from (select distinct graduation_year, county_code, stage, years from movement) as cohort
    inner join (select distinct school_year, term, county_code, stage from movement) as arrived
        on
            cohort.county_code = arrived.county_code
            and cohort.stage = arrived.stage
            and arrived.school_year < cohort.graduation_year
            and arrived.school_year >= cohort.graduation_year - cohort.years
    group by cohort.graduation_year, cohort.county_code, cohort.stage
),

wide as (
    select
        counted.*,
        semesters.semesters,
        coalesce(counted.moved_entrants, counted.census_entrants) as entrants,
        coalesce(counted.moved_graduates, counted.census_graduates) as graduates
    from counted
    left join semesters
        on
            counted.graduation_year = semesters.graduation_year
            and counted.county_code = semesters.county_code
            and counted.stage = semesters.stage
),

-- What is known of one stage, from every source that tells of it.
told as (
    select
        'movement' as basis, graduation_year, county_code, stage, years, school_id, is_apportioned, has_gap, semesters,
        cast(null as bigint) as forms, entrants,
        {%- for flow in flows %}
        moved_{{ flow }} as {{ flow }},
        {%- endfor %}
        graduates, moved_completions as completions, moved_still_enrolled as still_enrolled
    from wide
    where has_movement
    union all
    select
        'form_331', graduation_year, county_code, stage, years, school_id, is_apportioned, false, semesters,
        forms, entrants, {% for flow in flows %}form_{{ flow }}, {% endfor %}graduates, census_completions, null
    from wide
    where has_form
    union all
    select
        'census', graduation_year, county_code, stage, years, school_id, is_apportioned, false, semesters,
        null, entrants, {% for flow in flows %}null, {% endfor %}graduates, null, null
    from wide
    where not has_movement and not has_form
    union all
    select
        'return', graduation_year, county_code, stage, years, school_id, false, false, null,
        null, entrants, {% for flow in flows %}{{ flow }}, {% endfor %}graduates, completions, still_enrolled
    from returned
),

weighed as (
    select
        *,
        case
            when {% for flow in flows %}{{ flow }} is null{{ ' and ' if not loop.last }}{% endfor %} then 'unknown'
            when basis = 'form_331' then 'estimate'
            -- All semesters are there and whole, or the flows balance all the same.
            when
                not (basis = 'return' or (semesters = 2 * years and not has_gap) or abs({{ balance }}) < 0.5)
                then 'part'
            when is_apportioned then 'estimate'
            else 'exact'
        end as certainty
    from told
    where entrants is not null and graduates is not null
),

chosen as (
    select *
    from (select *, {{ is_chosen }} as is_chosen from weighed) as ranked
    where is_chosen and school_id is null and years in (3, 6)
),

-- Nine years: the six of the cohort in primary and the three in junior schools of the county. Who came
-- or left between the two stages is in no flow of either.
together as (
    select
        graduation_year, county_code, stage, years, school_id, basis, certainty, semesters, forms,
        {% for figure in figures %}{{ figure }}, {% endfor %}cast(null as double) as arrivals
    from weighed
    union all
    select
        junior.graduation_year, junior.county_code, 'junior', 9, null,
        case
            when elder.basis = junior.basis then junior.basis
            when 'census' in (elder.basis, junior.basis) then 'census'
            when 'form_331' in (elder.basis, junior.basis) then 'form_331'
            else 'return'
        end,
        case
            when 'unknown' in (elder.certainty, junior.certainty) then 'unknown'
            when 'part' in (elder.certainty, junior.certainty) then 'part'
            when 'estimate' in (elder.certainty, junior.certainty) then 'estimate'
            else 'exact'
        end,
        elder.semesters + junior.semesters,
        elder.forms + junior.forms,
        elder.entrants
        {%- for flow in flows %}, elder.{{ flow }} + junior.{{ flow }}{% endfor %},
        junior.graduates,
        coalesce(elder.completions, 0) + coalesce(junior.completions, 0),
        coalesce(elder.still_enrolled, 0) + coalesce(junior.still_enrolled, 0),
        junior.entrants - elder.graduates
    from chosen as junior
    inner join chosen as elder
        on
            junior.county_code = elder.county_code
            and junior.stage = 'junior'
            and elder.stage = 'primary'
            and elder.graduation_year = junior.graduation_year - 3
),

computed as (
    select
        *,
        {{ is_chosen }} as is_chosen,
        -- Who should have graduated: the denominator of formula (a), DOMAIN 4 Q1.
        case certainty when 'unknown' then entrants else entrants + transfers_in - transfers_out - deaths end as due,
        case certainty when 'unknown' then graduates else graduates - transfers_in + transfers_out end as stayed,
        case certainty when 'unknown' then entrants else entrants - deaths end as alive,
        {{ balance }} + coalesce(arrivals, 0) as flow_balance
    from together
),

rated as (
    select
        *,
        {{ safe_divide('graduates', 'due') }} as formula_a,
        {{ safe_divide('stayed', 'alive') }} as formula_b,
        -- How many more than due graduated, those aside who came between the stages.
        graduates - due - greatest(coalesce(arrivals, 0), 0) as excess,
        case
            -- Nobody said who came and went, or not for all semesters: as much more as counties grow by.
            when certainty in ('unknown', 'part') then {{ unreported_margin }} * entrants * case years when 9 then 2 else 1 end
            -- The flows of all grades together are known, a cohort's part of them only nearly: of a county
            -- by a margin, of a school they may all be this cohort's.
            when certainty = 'estimate' then
                (transfers_in + transfers_out + resumed + suspended + dropouts + deaths)
                * case when school_id is null then {{ estimate_margin }} else years - 1 end
                * {{ safe_divide('years', 'coalesce(forms, years)') }}
        end as margin
    from computed
)

select
    graduation_year,
    county_code,
    school_id,
    stage,
    years,
    basis,
    certainty,
    is_chosen,
    semesters,
    forms,
    {%- for figure in figures %}
    {{ figure }},
    {%- endfor %}
    arrivals,
    due,
    formula_a,
    formula_b,
    flow_balance,
    case
        when due is null or due <= 0 or alive <= 0 then 'no_cohort'
        -- Both formulas exceed 1 where more graduated than were due, and neither where not.
        when {{ at_most('graduates', 'due') }} then
            case certainty
                when 'unknown' then 'no_flows' when 'part' then 'incomplete' when 'estimate' then 'estimated'
                else 'reported'
            end
        -- What formula (a) leaves out explains it: more resumed than were suspended, or, in nine years,
        -- more came between the stages than left. The true rate is at most 1.
        when certainty = 'exact' and abs(flow_balance) < 0.5 then 'capped'
        when certainty = 'exact' then 'above_one'
        -- Of one school little is known without its flows: pupils change schools.
        when certainty = 'unknown' and (school_id is not null or excess <= margin) then 'no_flows'
        when certainty = 'part' and (school_id is not null or excess <= margin) then 'incomplete'
        when certainty = 'estimate' and excess <= margin then 'capped'
        when certainty = 'estimate' and basis = 'movement' then 'capped'
        else 'above_one'
    end as status
from rated
