-- 大班额在减少吗？ | Are large classes becoming fewer?
select school_year, term, county_name, stage, sum(classes) as classes,
       sum(over_standard) as over_standard, sum(oversize_56) as of_56_and_more, sum(super_66) as of_66_and_more
from marts.class_size
group by school_year, term, county_name, stage
order by county_name, stage, school_year, term;
