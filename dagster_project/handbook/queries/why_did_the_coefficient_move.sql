-- 差异系数变化最大的一项，是哪些学校造成的？ | Which schools moved the coefficient that changed most?
with coefficient as (
    select school_year, county_code, county_name, stage, indicator_id, cv, mean,
           lag(cv) over (partition by county_code, stage, indicator_id order by school_year) as cv_before
    from marts.county_coefficient
    where standard_id = '2017'
),
moved as (
    select * from coefficient
    where school_year = (select max(school_year) from coefficient) and cv_before is not null
    order by abs(cv - cv_before) desc, county_code, stage, indicator_id
    limit 1
),
-- The county's rows first, and only then those of the indicator: a nation's other rows stay unread.
figure as materialized (
    select found.* from moved join marts.school_indicator as found using (county_code)
),
contribution as materialized (
    select found.* from moved join marts.cv_contribution as found using (county_code)
),
school as (
    select figure.school_year, figure.stage, figure.indicator_id, figure.school_id,
           figure.school_name, figure.value, contribution.share
    from figure
    join contribution using (school_year, school_id, stage, standard_id, indicator_id)
)
select moved.county_name, moved.stage, moved.indicator_id, moved.cv_before, moved.cv,
       now.school_name, earlier.value as value_before, now.value, moved.mean,
       earlier.share as share_before, now.share
from moved
join school as now using (school_year, stage, indicator_id)
left join school as earlier
    on earlier.school_year = now.school_year - 1 and earlier.school_id = now.school_id
   and earlier.stage = now.stage and earlier.indicator_id = now.indicator_id
order by abs(now.share - coalesce(earlier.share, 0)) desc, now.school_id
limit 20;
