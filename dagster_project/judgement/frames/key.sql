-- one row per school year, term, school and stage: how often it came, and the row that stands for it
create or replace temp table section_key as
select
    school_year, term, school_id, stage,
    count(*) as copies,
    min(row_id) as first_row
from judged_section
group by school_year, term, school_id, stage;

-- Of rows that came twice the first in the files stands; in which order they lie here says nothing.
update section_key
set first_row = first.row_id
from (
    select
        judged_section.school_year, judged_section.term, judged_section.school_id, judged_section.stage,
        arg_min(row_id, (coalesce(sha256, ''), coalesce(source_row, 0), row_id)) as row_id
    from judged_section
    join (from section_key where copies > 1) as many
        on many.school_year is not distinct from judged_section.school_year
        and many.term is not distinct from judged_section.term
        and many.school_id is not distinct from judged_section.school_id
        and many.stage is not distinct from judged_section.stage
    group by all
) as first
where
    first.school_year is not distinct from section_key.school_year
    and first.term is not distinct from section_key.term
    and first.school_id is not distinct from section_key.school_id
    and first.stage is not distinct from section_key.stage;

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
