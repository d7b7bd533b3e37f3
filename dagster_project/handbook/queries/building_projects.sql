-- 建了哪些学校，花了多少，增加多少学位，相当于在校生的多少？ | Which schools were built, for how much, with how many seats, and what are they beside enrolment?
select county_name, project_year, school_name, project_name, kind, state, started, ready,
       round(money_yuan / 10000, 2) as money_10000_yuan, area_m2, classes, seats,
       round(100.0 * seats / nullif(pupils, 0), 1) as seats_percent_of_pupils
from marts.county_project
order by county_code, project_year, project_name;
