-- section_fact: what is known of a row beside its figures; other rows are found by their number.
create or replace temp table section_fact as
with
whole_school as (
    select
        school_year, term, school_id,
        sum(pupils) as school_pupils,
        sum(pupils) filter (where stage <> 'senior') as school_compulsory_pupils,
        min(stage) filter (where stage <> 'senior') as lead_stage
    from judged_section
    semi join section_key on judged_section.rowid = section_key.first_row
    where school_year >= $last_looked_at
    group by school_year, term, school_id
)
select
    judged_section.rowid as row_id,
    section_key.copies,
    whole_school.school_pupils,
    whole_school.school_compulsory_pupils,
    judged_section.stage = whole_school.lead_stage as is_lead_section,
    $related_rows
    $fingerprint_hashes
    null as fact_end
from judged_section
join section_key using (school_year, term, school_id, stage)
join whole_school using (school_year, term, school_id)
$row_joins
where judged_section.school_year >= $last_looked_at;

-- one row per row of the relation `section`
create or replace table frame_section as
with
ratio as not materialized (
    select judged_section.*, section_fact.*, $measures
    from judged_section
    join section_fact on section_fact.row_id = judged_section.rowid
),
related as not materialized (
    select
        ratio.*,
        prev.school_id is not null as has_prev,
        $related
        0 as related_end
    from ratio
    $joins
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
