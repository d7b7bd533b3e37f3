-- section_repeat: the rows that do not stand for anything, because another one of theirs does: the first
-- in the file, for in which order the rows lie here says nothing
create or replace temp table section_repeat as
select row_id
from (
    select
        judged_section.row_id,
        row_number() over (
            partition by
                judged_section.school_year, judged_section.term,
                judged_section.school_id, judged_section.stage
            order by
                coalesce(judged_section.sha256, ''), coalesce(judged_section.source_row, 0),
                judged_section.row_id
        ) as place
    from judged_section
    join (
        select school_year, term, school_id, stage
        from judged_section
        group by school_year, term, school_id, stage
        having count(*) > 1
    ) as many
        on many.school_year is not distinct from judged_section.school_year
        and many.term is not distinct from judged_section.term
        and many.school_id is not distinct from judged_section.school_id
        and many.stage is not distinct from judged_section.stage
)
where place > 1;

-- one row per school year, term, school and stage: how often it came, and the row that stands for it
create or replace temp table section_key as
select
    school_year, term, school_id, stage,
    count(*) as copies,
    min(case when section_repeat.row_id is null then judged_section.row_id end) as first_row
from judged_section
left join section_repeat on judged_section.row_id = section_repeat.row_id
group by school_year, term, school_id, stage
