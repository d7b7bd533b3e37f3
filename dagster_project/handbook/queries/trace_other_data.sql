-- 其他数据的每个数在哪个文件、工作表、单元格？哪些没有采用，为什么？ | Which file, sheet and cell does a figure of other data stand in, and which entries are not used, and why?
-- about 不为空的没有采用：项目不在清单、名称有歧义、级别不对或单位不对；cohort 为起始学年
select school_year, cohort as period_from, county_code, school_id, field_id as item_id, value,
       about as not_used_because, path, sheet, cell
from quality.answer_origin
where part = 'measure'
order by county_code, item_id, school_year;
