-- depends_on: {{ ref('setting') }}
{%- set census_term = setting('census_term') %}
{%- set formula = setting('retention_formula') %}
{%- set flows = ['transfers_in', 'transfers_out', 'resumed', 'suspended', 'deaths', 'dropouts'] %}
{%- set kinds = {
    'transfers_in': 'transfer_in', 'transfers_out': 'transfer_out', 'resumed': 'resumed',
    'suspended': 'suspended', 'deaths': 'death', 'dropouts': 'dropout',
} %}

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
        movement.pupils
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
        {%- for flow in flows %}
        coalesce(sum(case when kind = '{{ kinds[flow] }}' then pupils end), 0) as {{ flow }},
        {%- endfor %}
        sum(case when kind = 'graduate' then pupils end) as graduates
    from movement
    group by graduation_year, county_code, school_id, stage, years, school_year
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
        coalesce(section.flow_graduates, section.graduates) as graduates
    from {{ ref('int_section') }} as section
    inner join {{ ref('dim_section') }} as place
        on
            section.school_year = place.school_year
            and section.term = place.term
            and section.school_id = place.school_id
            and section.stage = place.stage
            and coalesce(place.exclusion_reason, '') <> 'school_type'
    inner join span on section.stage = span.stage
    left join {{ ref('stg_lake__county_code') }} as code on section.county_code = code.old_code
    where section.term = '{{ census_term }}'
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
    inner join (
        {%- for years_later in range(6) %}
        select {{ years_later }} as years_later{{ ' union all' if not loop.last }}
        {%- endfor %}
    ) as later on later.years_later < section.years
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
        cast(null as double) as graduates
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
        null
    from form
    where school_id in (select origin_school_id from {{ ref('int_lineage') }})
),

-- Entrants and graduates as the censuses report them; they complete what no movement file says.
census as (
    select
        'census' as source, school_year + years as graduation_year, county_code, school_id, stage, years,
        school_year as seen_year, entrants,
        {%- for flow in flows %}
        cast(null as double) as {{ flow }},
        {%- endfor %}
        cast(null as double) as graduates
    from section
    inner join loaded on section.school_year + section.years = loaded.graduation_year
    where entrants is not null
    union all
    select
        'census', school_year, county_code, school_id, stage, years, school_year - 1, null,
        {% for flow in flows %}null, {% endfor %}graduates
    from section
    where graduates is not null
),

piece as (
    select * from moved
    union all
    select * from form_total
    union all
    select * from census
),

-- The pupils of a school that merged count for the school that they graduate from.
followed as (
    select
        piece.source, piece.graduation_year, piece.county_code, piece.stage, piece.years,
        coalesce(lineage.school_id, piece.school_id) as school_id,
        {%- for figure in ['entrants', 'graduates'] + flows %}
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
{%- set told_by = {'entrants': ['moved', 'census'], 'graduates': ['moved', 'census']} -%}
{%- for flow in flows %}{% do told_by.update({flow: ['moved', 'form']}) %}{% endfor -%}
{%- set totals %}
        count(case when source = 'movement' then 1 end) > 0 as has_movement,
        count(case when source = 'form_331' then 1 end) > 0 as has_form
        {%- for figure, tellers in told_by.items() %}{% for teller in tellers %},
        {{ exact_sum("case when source = '" ~ sources[teller] ~ "' then " ~ figure ~ " end") }} as {{ teller }}_{{ figure }}
        {%- endfor %}{% endfor %}
{%- endset -%}
counted as (
    select
        graduation_year, county_code, stage, years, cast(null as string) as school_id,
        {{- totals }}
    from followed
    group by graduation_year, county_code, stage, years
    union all
    select
        graduation_year, county_code, stage, years, school_id,
        {{- totals }}
    from followed
    -- Schools only where the flows of their county are known.
    where
        (graduation_year, county_code, stage) in (
            select distinct graduation_year, county_code, stage from piece where source <> 'census'
        )
    group by graduation_year, county_code, stage, years, school_id
),

-- Which semesters of a cohort's years the county has movement files of, whatever they tell.
semesters as (
    select
        cohort.graduation_year,
        cohort.county_code,
        cohort.stage,
        count(distinct cast(arrived.school_year as string) || arrived.term) as semesters
    from (select distinct graduation_year, county_code, stage, years from movement) as cohort
    inner join (select distinct school_year, term, county_code from movement) as arrived
        on
            cohort.county_code = arrived.county_code
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

chosen as (
    select
        graduation_year, county_code, stage, years, school_id, entrants, graduates,
        -- Movement files if all semesters are there, or their flows balance all the same.
        case
            when
                has_movement
                and (
                    semesters = 2 * years
                    or abs(
                        entrants + moved_transfers_in + moved_resumed - moved_transfers_out
                        - moved_suspended - moved_deaths - graduates
                    ) < 0.5
                )
                then 'movement'
            when has_form then 'form_331'
            when has_movement then 'part'
            else 'none'
        end as source,
        {%- for flow in flows %}
        moved_{{ flow }},
        form_{{ flow }},
        {%- endfor %}
        semesters
    from wide
    where entrants is not null and graduates is not null
),

single as (
    select
        graduation_year, county_code, stage, years, school_id, entrants, graduates, source, semesters
        {%- for flow in flows %},
        case source when 'form_331' then form_{{ flow }} when 'none' then null else moved_{{ flow }} end
            as {{ flow }}
        {%- endfor %}
    from chosen
),

-- Nine years: the six of the cohort in primary and the three in junior schools of the county.
together as (
    select
        graduation_year, county_code, stage, years, school_id, entrants, graduates, source, semesters
        {%- for flow in flows %}, {{ flow }}{% endfor %}
    from single
    union all
    select
        junior.graduation_year, junior.county_code, 'junior', 9, null,
        elder.entrants, junior.graduates,
        case when elder.source = junior.source then junior.source
            when 'none' in (elder.source, junior.source) then 'none'
            when 'part' in (elder.source, junior.source) then 'part'
            else 'form_331' end,
        elder.semesters + junior.semesters
        {%- for flow in flows %}, elder.{{ flow }} + junior.{{ flow }}{% endfor %}
    from single as junior
    inner join single as elder
        on
            junior.county_code = elder.county_code
            and junior.stage = 'junior'
            and elder.stage = 'primary'
            and elder.graduation_year = junior.graduation_year - 3
            and junior.school_id is null
            and elder.school_id is null
),

computed as (
    select
        *,
        {{ safe_divide('graduates', 'entrants + transfers_in - transfers_out - deaths') }} as formula_a,
        {{ safe_divide('graduates - transfers_in + transfers_out', 'entrants - deaths') }} as formula_b,
        entrants + transfers_in + resumed - transfers_out - suspended - deaths - graduates as flow_balance
    from together
),

stated as (
    select
        *,
        {{ 'formula_b' if formula == 'b' else 'formula_a' }} as chosen_formula,
        {{ 'formula_a' if formula == 'b' else 'formula_b' }} as other_formula,
        case
            when source = 'none' then 'no_flows'
            when source = 'part' then 'incomplete'
            when school_id is not null and entrants < {{ setting('retention_min_cohort') }}
                then 'small_cohort'
            when formula_a is null or formula_b is null then 'no_cohort'
            when not {{ at_most('formula_' ~ formula, 1) }} then 'above_one'
            when source = 'form_331' then 'estimated'
            else 'reported'
        end as status
    from computed
)

select
    stated.graduation_year as school_year,
    stated.county_code,
    county.county_name,
    stated.school_id,
    school.school_name,
    stated.stage,
    stated.years as cohort_years,
    stated.graduation_year - stated.years as cohort,
    stated.entrants,
    stated.transfers_in,
    stated.transfers_out,
    stated.resumed,
    stated.suspended,
    stated.deaths,
    stated.dropouts,
    stated.graduates,
    case when stated.status in ('reported', 'estimated') then stated.chosen_formula end as retention,
    case
        when stated.status in ('reported', 'estimated') and {{ at_most('stated.other_formula', 1) }}
            then stated.other_formula
    end as retention_alternative,
    stated.flow_balance,
    cast(stated.semesters as integer) as semesters,
    stated.source,
    stated.status
from stated
left join (
    select coalesce(code.county_code, place.county_code) as county_code, max(place.county_name) as county_name
    from {{ ref('dim_section') }} as place
    left join {{ ref('stg_lake__county_code') }} as code on place.county_code = code.old_code
    group by coalesce(code.county_code, place.county_code)
) as county on stated.county_code = county.county_code
left join (
    select school_id, max_by(school_name, school_year) as school_name
    from {{ ref('dim_school') }}
    group by school_id
) as school on stated.school_id = school.school_id
