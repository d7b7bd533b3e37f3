-- 校际差异有多少在城乡之间？ | How much of the variance lies between town and country?
select school_year, county_code, stage, indicator_id,
       sum(between_urban_rural) as between_town_and_country, sum(within) as within
from marts.cv_contribution
where standard_id = '2017' and school_year = (select max(school_year) from marts.county_verdict)
group by school_year, county_code, stage, indicator_id
order by between_town_and_country desc, county_code, stage, indicator_id
limit 200;
