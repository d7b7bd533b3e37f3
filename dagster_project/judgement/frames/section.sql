-- section_fact: what is known of a row beside its figures, of the years before as well.
create or replace temp table section_fact as
with
whole_school as (
    select
        school_year, term, school_id,
        sum(pupils) as school_pupils,
        sum(pupils) filter (where stage <> 'senior') as school_compulsory_pupils,
        min(stage) filter (where stage <> 'senior') as lead_stage
    from judged_section
    anti join section_repeat using (row_id)
    where school_year >= $last_looked_at
    group by school_year, term, school_id
)
select
    judged_section.row_id,
    whole_school.school_pupils,
    whole_school.school_compulsory_pupils,
    judged_section.stage = whole_school.lead_stage as is_lead_section
from judged_section
join whole_school using (school_year, term, school_id)
where judged_section.school_year >= $last_looked_at;

-- section_link: of the rows that are judged, the rows of other years and stages, by their number,
-- and what another school's row would have to agree in.
create or replace temp table section_link as
select
    judged_section.row_id,
    school_year, term, judged_section.county_code, school_id, stage,
    section_key.copies,
    $related_rows
    $fingerprint_hashes
    null as link_end
from judged_section
join section_key using (school_year, term, school_id, stage)
$row_joins
where judged_section.school_year between $first and $last;

-- one row per row of the relation `section`
create or replace table frame_section as
with
ratio as not materialized (
    select judged_section.*, section_fact.* exclude (row_id), $measures
    from judged_section
    join section_fact using (row_id)
),
related as not materialized (
    select
        ratio.*,
        section_link.* exclude (row_id, school_year, term, county_code, school_id, stage),
        prev.school_id is not null as has_prev,
        $peer_kind as peer_kind,
        school_event.school_id is not null as has_succession,
        $carried
        $related
        0 as related_end
    from ratio
    join section_link using (row_id)
    $joins
    left join urban_rural as area on area.urban_rural_code = ratio.urban_rural_code
    where ratio.school_year between $first and $last
)
$peers
select
    $kept,
    related.copies,
    related.school_pupils,
    related.school_compulsory_pupils,
    related.is_lead_section,
    related.has_prev,
    $peer_columns
    $twin_columns
    null::varchar as frame_note
from related
$peer_joins
$twin_joins
