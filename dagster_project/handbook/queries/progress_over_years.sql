-- 哪些指标在变好，哪些在退步？ | What is getting better, and what worse?
select county_code, stage, item_id, item_name, previous_year, school_year, value - change as value_before, value, tendency
from marts.trend
where tendency in ('better', 'worse')
  and school_year = (select max(school_year) from marts.trend)
order by tendency desc, county_code, stage, item_id
limit 300;
