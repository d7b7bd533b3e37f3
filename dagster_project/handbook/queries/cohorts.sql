-- 各届学生从入学到毕业的流量和巩固率 | Every cohort from entry to graduation: flows and retention
select county_name, stage, cohort_years, cohort, school_year, entrants, transfers_in, resumed,
       transfers_out, suspended, dropouts, completions, deaths, graduates, retention, retention_uncapped,
       flow_balance, source, status
from marts.retention
where school_id is null
order by county_name, cohort_years, stage, school_year;
