-- The shared part of the work in plain SQL, from the table `section` to the four marts: divided
-- resources, teaching points merged into their parents, eighteen indicators, coefficients, shares.
-- Codes, weights and limits come from the same seeds as the real models'.

-- A sum that lacks a part is no sum.
create or replace temp macro whole(x) as case when count(x) = count(*) then sum(x) end;

-- Reached within the last digits of a double, like the project's macro at_least.
create or replace temp macro at_least(value, bound) as
    value >= bound - 1e-9 * abs(bound);

create or replace temp table evaluated as
with place as (
    select
        section.*,
        school_type.is_teaching_point,
        coalesce(sponsor.is_public, true) as is_public,
        urban_rural.urban_rural,
        point.parent_school_id,
        coalesce(typed.weight, usual.weight) * section.pupils
        / sum(coalesce(typed.weight, usual.weight) * section.pupils)
            over (partition by section.school_year, section.school_id) as split_share
    from section
    left join school_type using (school_type_code)
    left join sponsor using (sponsor_code)
    left join urban_rural using (urban_rural_code)
    left join point using (school_id)
    left join split_weight as typed using (school_type_code, stage)
    left join split_weight as usual
        on usual.school_type_code = '*' and usual.stage = section.stage
),

member as (
    select
        place.* exclude (school_id),
        coalesce(parent.school_id, place.school_id) as school_id,
        parent.school_id is null as is_head
    from place
    left join place as parent
        on
            parent.school_id = place.parent_school_id
            and parent.school_year = place.school_year
            and parent.stage = place.stage
            and not parent.is_teaching_point
    where
        place.stage <> 'senior'
        and (not place.is_teaching_point or parent.school_id is not null or place.pupils >= 50)
)

select
    school_year,
    school_id,
    stage,
    any_value(county_code) filter (where is_head) as county_code,
    any_value(county_name) filter (where is_head) as county_name,
    any_value(school_name) filter (where is_head) as school_name,
    any_value(urban_rural) filter (where is_head) as urban_rural,
    bool_and(is_public) filter (where is_head) as is_public,
    whole(pupils) as pupils,
    whole(classes) as classes,
    whole(teachers) as teachers,
    whole(
        coalesce(teachers_doctor, 0) + coalesce(teachers_master, 0) + coalesce(teachers_bachelor, 0)
        + case when stage = 'primary' then coalesce(teachers_associate, 0) else 0 end
    ) as higher_degree,
    whole(backbone_teachers) as backbone,
    whole(coalesce(teachers_pe, 0) + coalesce(teachers_arts, 0)) as pe_arts,
    whole((teaching_area_m2 - coalesce(indoor_sports_area_m2, 0)) * split_share) as teaching_area,
    whole((coalesce(sports_ground_area_m2, 0) + coalesce(indoor_sports_area_m2, 0)) * split_share)
        as sports_area,
    whole(equipment_value_yuan * split_share) as equipment,
    whole(multimedia_rooms * split_share) as multimedia,
    whole(computers * split_share) as computers,
    whole(books * split_share) as books,
    whole(
        coalesce(teachers_title_full_senior, 0) + coalesce(teachers_title_associate_senior, 0)
        + coalesce(teachers_title_intermediate, 0)
    ) as titled
from member
group by school_year, school_id, stage;

create or replace temp table school_indicator as
with figure as (
    select
        school_year, county_code, county_name, school_id, school_name, stage, urban_rural,
        is_public, pupils, classes, teachers,
        unnest([
            'L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7',
            'B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'B8', 'C1', 'C2', 'C3'
        ]) as indicator_id,
        unnest([
            higher_degree, backbone, pe_arts, teaching_area, sports_area, equipment, multimedia,
            teaching_area, sports_area, equipment, computers, books, teachers, higher_degree,
            titled, pupils, pupils, teachers
        ]) as numerator
    from evaluated
    where pupils > 0
),

valued as (
    select
        figure.*,
        rule.* exclude (indicator_id, stage, denominator),
        case rule.denominator
            when 'classes' then classes when 'teachers' then teachers else pupils
        end as denominator,
        rule.multiplier * numerator / nullif(
            case rule.denominator
                when 'classes' then classes when 'teachers' then teachers else pupils
            end,
            0
        ) as value
    from figure
    inner join rule using (indicator_id, stage)
    where is_public or rule.includes_private
)

select
    school_year, county_code, county_name, school_id, school_name, stage, standard_id,
    indicator_id, urban_rural, 'CN' as region_code, numerator, pupils, denominator, value,
    threshold, floor,
    case
        when value is null then 'missing'
        when threshold is null then null
        when at_least(value, threshold) then 'met'
        when at_least(value, floor) then 'floor'
        else 'below'
    end as verdict,
    greatest(threshold - value, 0.0) as gap_per_pupil,
    greatest(threshold * denominator / multiplier - numerator, 0.0) as gap_total,
    case when value is null then 'missing' when numerator = 0 then 'zero' else 'reported' end
        as value_status,
    false as is_tainted
from valued;

create or replace temp table school_attainment as
select
    school_year, county_code, county_name, school_id, school_name, stage, standard_id,
    count(*) filter (where verdict = 'met') as met_count,
    count(*) filter (where verdict = 'floor') as floor_count,
    count(*) filter (where verdict = 'below') as below_count,
    count(*) filter (where verdict = 'missing') as missing_count,
    count(*) filter (where verdict = 'below') = 0 and count(*) filter (where verdict = 'met') >= 6
        as attains
from school_indicator
where threshold is not null
group by all;

create or replace temp table county_coefficient as
with average as (
    select
        school_year, county_code, any_value(county_name) as county_name, stage, standard_id,
        indicator_id, count(value) as sections, sum(pupils) as pupils, sum(numerator) as numerator,
        sum(denominator) as denominator, sum(denominator * value) / sum(denominator) as mean
    from school_indicator
    where value is not null
    group by all
),

spread as (
    select
        school_year, county_code, stage, indicator_id,
        sqrt(sum(i.denominator * (value - mean) ** 2) / any_value(a.denominator)) as std_dev
    from school_indicator as i
    inner join average as a using (school_year, county_code, stage, indicator_id)
    where value is not null
    group by all
)

select
    average.*,
    std_dev,
    std_dev / nullif(mean, 0) as cv,
    cv_limit,
    case when cv_limit is null then null when cv <= cv_limit then 'met' else 'not_met' end
        as verdict
from average
inner join spread using (school_year, county_code, stage, indicator_id)
inner join rule using (indicator_id, standard_id, stage);

create or replace temp table cv_contribution as
with area as (
    select
        school_year, county_code, stage, indicator_id, urban_rural,
        sum(denominator * value) / sum(denominator) as area_mean
    from school_indicator
    where value is not null
    group by all
)

select
    school_year, county_code, i.county_name, school_id, stage, i.standard_id, indicator_id,
    urban_rural,
    i.denominator * (value - mean) ** 2 / nullif(c.denominator * std_dev ** 2, 0) as share,
    i.denominator * (area_mean - mean) ** 2 / nullif(c.denominator * std_dev ** 2, 0)
        as between_urban_rural,
    i.denominator * (value - area_mean) ** 2 / nullif(c.denominator * std_dev ** 2, 0) as within
from school_indicator as i
inner join county_coefficient as c using (school_year, county_code, stage, indicator_id)
inner join area using (school_year, county_code, stage, indicator_id, urban_rural)
where value is not null;
