-- 全县还缺什么、缺多少？ | What is lacking in each county, in natural units?
select county_code, stage, item_id, unit, count(*) as schools, sum(shortfall) as shortfall
from marts.gap
where school_year = (select max(school_year) from marts.gap)
group by county_code, stage, item_id, unit
order by county_code, stage, item_id, unit;
