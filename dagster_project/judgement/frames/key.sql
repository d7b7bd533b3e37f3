-- one row per school year, term, school and stage: how often it came, and the row that stands for it
create or replace temp table section_key as
select
    school_year, term, school_id, stage,
    count(*) as copies,
    min(rowid) as first_row
from judged_section
group by school_year, term, school_id, stage
