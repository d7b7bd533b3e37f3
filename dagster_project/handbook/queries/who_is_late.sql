-- 谁还没有报？ | Who has not reported?
select school_year, term, county_code, county_name, expected_schools, received_schools, missing, status
from quality.completeness
where status <> 'complete'
order by school_year desc, term, missing desc, county_code;
