-- G、Q 指标用到的填报数据在哪个文件、工作表、单元格？ | Which file, sheet and cell does an answer behind an item of government or quality stand in?
-- 换成别的项目即可；名册、异动、教室、监测的 part 为 roster、movement、art_room、monitoring
select school_year, county_code, school_id, stage, part, field_id, about, cohort, entries, value, path, sheet, cell
from quality.answer_origin
where field_id in ('exchange_moved', 'exchange_eligible')
  and school_year = (select max(school_year) from quality.answer_origin)
order by county_code, field_id, school_id, stage;
