-- 一个指标值来自哪个文件、工作表、单元格？ | Which file, sheet and cells does one printed figure come from?
-- 换成别的学校和指标即可 | name another school and indicator to trace another figure
with figure as (
    select school_year, school_id, school_name, stage, indicator_id, numerator, pupils, value
    from marts.school_indicator
    where standard_id = '2017' and indicator_id = 'L5' and numerator is not null
      and school_year = (select max(school_year) from marts.county_verdict)
    order by value, school_id
    limit 1
)
select figure.school_year, figure.school_name, figure.stage, figure.indicator_id, figure.numerator, figure.pupils, figure.value,
       field.name_zh as field_name, term.sign, origin.path, origin.sheet, origin.cell, origin.label
from figure
join ref.indicator_term as term
    on term.indicator_id = figure.indicator_id and term.stage = figure.stage
join quality.figure_origin as origin
    on origin.school_year = figure.school_year and origin.school_id = figure.school_id
   and origin.stage = figure.stage and origin.field_id = term.field_id
join ref.field as field on field.field_id = term.field_id
order by term.sign desc, term.field_id, origin.cell;
