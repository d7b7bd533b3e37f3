-- one row per file: what it brought and how much of it could be read. A table with a profile may hold
-- several school years, each of which is judged by itself.
create or replace table frame_file as
with
delivered as (
    select sha256, any_value(path) as path, any_value(shape) as shape
    from delivery
    where accepted
    group by sha256
),
plain_table as (
    select sha256 from delivered where shape = 'table'
),
content as (
    select
        sha256,
        min(school_year) as school_year,
        min(term) as term,
        min(county_code) as county_code,
        arg_min(county_name, county_code) as county_name,
        any_value(profile) as profile,
        any_value(vintage) as vintage,
        any_value(standards) as standards,
        count(*) as sections,
        count(distinct school_id) as schools,
        count(distinct county_code) as counties,
        count(distinct school_year) as school_years,
        -- a source that has no pupils at all lacks none
        count(*) filter (where pupils is null and pupils__status is distinct from 'not_collected')
            as sections_without_pupils,
        count(*) filter (where pupils = 0) as sections_with_zero_pupils,
        sum(figures_asked) as figures,
        sum(figures_unreadable) as figures_unreadable,
        sum(figures_undefined) as figures_undefined
    from judged_section
    where school_year between $first and $last
        and sha256 not in (from earlier_file except from plain_table)
    group by sha256, case when sha256 in (from plain_table) then school_year end
),
strange as (
    select
        sha256,
        count(*) filter (where kind = 'missing') as drift_missing,
        count(*) filter (where kind = 'new') as drift_new,
        string_agg(distinct label, '、' order by label) filter (where kind = 'missing') as drift_missing_labels
    from drift
    group by sha256
)
select
    content.*,
    coalesce(strange.drift_missing, 0) as drift_missing,
    coalesce(strange.drift_new, 0) as drift_new,
    strange.drift_missing_labels,
    delivered.path,
    delivered.shape,
    null::varchar as school_id,
    null::varchar as school_name,
    null::varchar as stage,
    null::varchar as sheet,
    null::integer as source_row,
    null::varchar as frame_note
from content
left join strange using (sha256)
left join delivered using (sha256)
