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
)

-- Where the county gives no rate: entrants of the catchment area among all, if every school answered.
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
