-- 31 项中哪些不达标或待核实，依据是什么？ | Which of the 31 items are not met or unverified, and on what evidence?
select school_year, county_name, item_id, item_name, verdict, value, threshold, evidence
from marts.county_assessment
where verdict in ('not_met', 'unverified') and standard_id = '2017'
order by school_year desc, county_code, item_id;
