-- 哪些学校哪项不达标、差多少？ | Which sections miss which indicator, and by how much?
select county_name, school_name, stage, indicator_id, indicator_name, value, threshold, unit, verdict, gap_total
from bi.indicator_named
where standard_id = '2017'
  and verdict in ('floor', 'below')
  and school_year = (select max(school_year) from marts.county_verdict)
order by verdict, value / threshold, school_id, indicator_id
limit 200;
