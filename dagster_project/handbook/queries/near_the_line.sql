-- 哪些学校刚刚达标（不足 5%），稍有变化就会不达标？ | Which sections are within 5 % above a threshold?
select county_name, school_name, stage, indicator_id, value, threshold, value / threshold - 1 as margin
from marts.school_indicator
where standard_id = '2017' and verdict = 'met' and value < 1.05 * threshold
  and school_year = (select max(school_year) from marts.county_verdict)
order by margin, school_id, indicator_id
limit 100;
