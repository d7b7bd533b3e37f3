-- one row per cohort: entrants, movements and graduates over its years.
-- basis 'return': the cohort's own figures, school or county (relation `cohort`);
-- basis 'flow_form': the stage's form 331 of as many years, where all of them are there -
-- other cohorts' movements are in it too, so only gross contradictions are judged on it.
create or replace table frame_return as
with
standing as not materialized (
    select judged_section.*
    from judged_section
    anti join section_repeat using (row_id)
),
flow as (
    select
        row_id, school_year, term, county_code, county_name, school_id, school_name, stage,
        sha256, sheet, source_row, profile, vintage, standards,
        flow_entrants, flow_graduates, flow_transfers_in, flow_transfers_out,
        flow_resumed, flow_suspended, flow_deaths, flow_dropouts,
        if(stage = 'primary', 6, 3) as cohort_years
    from standing
    where flow_closing is not null and stage <> 'senior'
),
-- the years of a cohort: the one it entered in, and those that it moved in
movement as (
    select
        last.row_id,
        any_value(year.flow_entrants) filter (where year.school_year = last.school_year - last.cohort_years) as cohort_entrants,
        sum(year.flow_transfers_in) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_transfers_in,
        sum(year.flow_transfers_out) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_transfers_out,
        sum(year.flow_resumed) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_resumed,
        sum(year.flow_suspended) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_suspended,
        sum(year.flow_deaths) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_deaths,
        sum(year.flow_dropouts) filter (where year.school_year > last.school_year - last.cohort_years) as cohort_dropouts
    from flow as last
    join flow as year
        on year.school_id = last.school_id and year.stage = last.stage and year.term = last.term
        and year.school_year between last.school_year - last.cohort_years and last.school_year
    where last.school_year between $first and $last
    group by last.row_id, last.cohort_years
    having count(*) = last.cohort_years + 1
),
from_flow as (
    select
        last.school_year, last.term, last.county_code, last.county_name, last.school_id,
        last.school_name, last.stage, last.sha256, last.sheet, last.source_row,
        last.profile, last.vintage, last.standards,
        last.cohort_years,
        'flow_form' as basis,
        movement.cohort_entrants,
        movement.cohort_transfers_in,
        movement.cohort_transfers_out,
        movement.cohort_resumed,
        movement.cohort_suspended,
        movement.cohort_deaths,
        movement.cohort_dropouts,
        last.flow_graduates as cohort_graduates
    from flow as last
    join movement using (row_id)
),
from_return as (
    select
        school_year, term, county_code, county_name, school_id, school_name, stage, sha256,
        sheet, source_row, profile, vintage, standards, cohort_years,
        'return' as basis,
        entrants as cohort_entrants,
        transfers_in as cohort_transfers_in,
        transfers_out as cohort_transfers_out,
        resumed as cohort_resumed,
        suspended as cohort_suspended,
        deaths as cohort_deaths,
        dropouts as cohort_dropouts,
        graduates as cohort_graduates
    from cohort
    where school_year between $first and $last
)
select
    *,
    cohort_entrants + coalesce(cohort_transfers_in, 0) - coalesce(cohort_transfers_out, 0)
        - coalesce(cohort_deaths, 0) as cohort_due,
    cohort_graduates / nullif(cohort_entrants + coalesce(cohort_transfers_in, 0)
        - coalesce(cohort_transfers_out, 0) - coalesce(cohort_deaths, 0), 0) as retention,
    cohort_entrants + coalesce(cohort_transfers_in, 0) + coalesce(cohort_resumed, 0)
        - coalesce(cohort_transfers_out, 0) - coalesce(cohort_suspended, 0)
        - coalesce(cohort_deaths, 0) - coalesce(cohort_dropouts, 0) - cohort_graduates
        as flow_balance,
    null::varchar as frame_note
from (from from_return union all by name from from_flow)
