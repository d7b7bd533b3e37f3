-- one row per row of the relation `section`
create or replace table frame_section as
with
standing as not materialized (
    select judged_section.*
    from judged_section
    semi join section_key on judged_section.rowid = section_key.first_row
),
whole_school as materialized (
    select
        school_year, term, school_id,
        sum(pupils) as school_pupils,
        sum(pupils) filter (where stage <> 'senior') as school_compulsory_pupils,
        min(stage) filter (where stage <> 'senior') as lead_stage
    from standing
    group by school_year, term, school_id
),
measured as not materialized (
    select
        judged_section.*,
        section_key.copies,
        whole_school.school_pupils,
        whole_school.school_compulsory_pupils,
        judged_section.stage = whole_school.lead_stage as is_lead_section,
        $fingerprint_hashes
        judged_section.rowid = section_key.first_row as is_standing
    from judged_section
    join section_key using (school_year, term, school_id, stage)
    join whole_school using (school_year, term, school_id)
),
ratio as not materialized (
    select measured.*, $measures
    from measured
),
related as not materialized (
    select
        ratio.*,
        prev.school_id is not null as has_prev,
        $related
        0 as related_end
    from ratio
    $joins
    $judged
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
