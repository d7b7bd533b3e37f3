-- one row per school year, term, school and stage: how often it came, and the row that stands for it
create or replace temp table section_key as
select
    school_year, term, school_id, stage,
    count(*) as copies,
    min(row_id) as first_row
from judged_section
group by school_year, term, school_id, stage;

-- section_repeat: the rows that do not stand for anything, because another one of theirs does
create or replace temp table section_repeat as
select judged_section.row_id
from judged_section
join (from section_key where copies > 1) as many
    on many.school_year is not distinct from judged_section.school_year
    and many.term is not distinct from judged_section.term
    and many.school_id is not distinct from judged_section.school_id
    and many.stage is not distinct from judged_section.stage
where judged_section.row_id <> many.first_row
