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
)
select moved.county_name, moved.stage, moved.indicator_id, moved.cv_before, moved.cv,
       figure.school_name, before.value as value_before, figure.value, moved.mean,
       earlier.share as share_before, now.share
from moved
join marts.school_indicator as figure
    on figure.school_year = moved.school_year and figure.county_code = moved.county_code
   and figure.stage = moved.stage and figure.indicator_id = moved.indicator_id
   and figure.standard_id = '2017'
join marts.cv_contribution as now
    on now.school_year = figure.school_year and now.school_id = figure.school_id
   and now.stage = figure.stage and now.standard_id = figure.standard_id
   and now.indicator_id = figure.indicator_id
left join marts.cv_contribution as earlier
    on earlier.school_year = now.school_year - 1 and earlier.school_id = now.school_id
   and earlier.stage = now.stage and earlier.standard_id = now.standard_id
   and earlier.indicator_id = now.indicator_id
left join marts.school_indicator as before
    on before.school_year = now.school_year - 1 and before.school_id = now.school_id
   and before.stage = now.stage and before.standard_id = now.standard_id
   and before.indicator_id = now.indicator_id
order by abs(now.share - coalesce(earlier.share, 0)) desc, figure.school_id
limit 20;
