-- 31 项中哪些未达标，依据是什么？ | Which of the 31 items are not met, and on what evidence?
select school_year, county_name, item_id, item_name, value, threshold, evidence
from marts.county_assessment
where verdict = 'not_met' and standard_id = '2017'
order by school_year desc, county_code, item_id;
