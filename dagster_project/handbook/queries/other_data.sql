-- 各项其他数据（投入、荣誉、招聘、资助、信息化……）是多少，从哪里来，是否达到目标？ | What are the other data of a county (money, honours, recruits, aid, digital …), what do they rest on, and is the target reached?
-- 起始学年早于学年的是多年累计；数值为空的填报不全
select school_year, period_from, county_name, chapter, item_name, shown_value, shown_unit, basis, status,
       round(growth * 100, 1) as growth_percent, target, verdict
from marts.county_measure
where school_year = (select max(school_year) from marts.county_measure)
order by county_code, position, period_from;
