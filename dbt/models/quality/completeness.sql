{%- set census_term = setting('census_term') %}
{%- set due_autumn, due_spring = setting('due_autumn'), setting('due_spring') %}

with reported as (
    select distinct -- a school with several sections reports once
        place.school_year,
        place.term,
        place.county_code,
        place.school_id
    from {{ ref('dim_section') }} as place
    where coalesce(place.exclusion_reason, '') <> 'closed'
),

loaded as (
    select distinct school_year, term -- the semesters that anything arrived for
    from reported
),

closed as (
    select distinct school_year, school_id -- whatever section says so
    from {{ ref('dim_section') }}
    where exclusion_reason = 'closed'
),

-- A census is expected from the counted schools of last year's, a semester file from those of this
-- year's.
expected as (
    select distinct -- once per school
        loaded.school_year,
        loaded.term,
        school.county_code,
        school.school_id
    from loaded
    inner join {{ ref('dim_section') }} as school
        on
            school.school_year = loaded.school_year
            - case when loaded.term = '{{ census_term }}' then 1 else 0 end
            and school.term = '{{ census_term }}'
            and school.is_counted
            and coalesce(school.exclusion_reason, '') <> 'closed'
    left join closed
        on loaded.school_year = closed.school_year and school.school_id = closed.school_id
    where closed.school_id is null
),

school as (
    select
        coalesce(reported.school_year, expected.school_year) as school_year,
        coalesce(reported.term, expected.term) as term,
        -- A school that moved to another county, or whose county has a new code, is where it reports.
        coalesce(reported.county_code, expected.county_code) as county_code,
        coalesce(reported.school_id, expected.school_id) as school_id,
        reported.school_id is not null as is_received
    from reported
    full outer join expected
        on
            reported.school_year = expected.school_year
            and reported.term = expected.term
            and reported.school_id = expected.school_id
),

counted as (
    select
        school_year,
        term,
        county_code,
        count(*) as expected_schools,
        count(case when is_received then 1 end) as received_schools,
        {{ dbt.listagg('case when not is_received then school_id end', "','", 'order by school_id') }}
            as missing_school_ids
    from school
    group by school_year, term, county_code
),

-- How far the knowledge of this build reaches: what is due later cannot be missing yet. Taken from
-- the deliveries and not from a clock, so that the same lake always gives the same table.
known as (
    select cast(max(loaded_at) as date) as as_of_day
    from {{ ref('stg_lake__delivery') }}
),

county as (
    select county_code, max(county_name) as county_name
    from {{ ref('dim_section') }}
    group by county_code
)

select
    counted.school_year,
    counted.term,
    counted.county_code,
    county.county_name,
    cast(counted.expected_schools as integer) as expected_schools,
    cast(counted.received_schools as integer) as received_schools,
    cast(counted.expected_schools - counted.received_schools as integer) as missing,
    case
        when counted.received_schools = counted.expected_schools then 'complete'
        when
            known.as_of_day <= case
                when counted.term = 'autumn'
                    then cast(cast(counted.school_year as string) || '-{{ due_autumn }}' as date)
                else cast(cast(counted.school_year + 1 as string) || '-{{ due_spring }}' as date)
            end
            then 'not_due'
        when counted.received_schools = 0 then 'missing'
        else 'partial'
    end as status,
    counted.missing_school_ids
from counted
cross join known
left join county on counted.county_code = county.county_code
