-- 各县一览：结论、规模、差异系数 | Counties side by side: verdict, size, coefficients
select school_year, county_name, attains, items_met, items_not_met, items_unverified, items_not_reported,
       pupils, teachers,
       primary_l1_cv, primary_l4_cv, primary_l6_cv, junior_l1_cv, junior_l4_cv, junior_l6_cv, retention_junior
from bi.county_wide
where school_year = (select max(school_year) from bi.county_wide)
order by items_met desc, county_code
limit 200;
