-- 未处理的疑点由谁处理？ | Who has to resolve the open flags?
select county_code, owner, severity, title, count(*) as flags, any_value(message) as for_example
from bi.open_flag
group by county_code, owner, severity, title
order by severity, flags desc, county_code, title;
