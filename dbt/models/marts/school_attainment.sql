with counted as (
    select
        section_no,
        standard_id,
        count(case when verdict = 'met' then 1 end) as met_count,
        count(case when verdict = 'floor' then 1 end) as floor_count,
        count(case when verdict = 'below' then 1 end) as below_count,
        count(case when verdict = 'missing' then 1 end) as missing_count,
        count(case when is_tainted then 1 end) as tainted_count,
        -- What stands, whatever the figures in doubt turn out to be.
        count(case when verdict = 'met' and not is_tainted then 1 end) as surely_met,
        count(case when verdict = 'below' and not is_tainted then 1 end) as surely_below,
        count(case when verdict = 'missing' or is_tainted then 1 end) as open_count
    from {{ ref('fct_figure') }}
    -- Only standards with school thresholds; a section without pupils is no section to judge.
    where threshold is not null and value_status <> 'no_pupils'
    group by section_no, standard_id
)

select
    section.school_year,
    section.county_code,
    section.county_name,
    section.school_id,
    section.school_name,
    cast(section.stage as string) as stage,
    cast(counted.standard_id as string) as standard_id,
    cast(counted.met_count as integer) as met_count,
    cast(counted.floor_count as integer) as floor_count,
    cast(counted.below_count as integer) as below_count,
    cast(counted.missing_count as integer) as missing_count,
    case
        -- Whatever the missing figures and those in doubt turn out to be, it cannot attain any more.
        when counted.surely_below > 0 then false
        when counted.surely_met + counted.open_count < rule.min_met then false
        when counted.open_count > 0 then null
        else true
    end as attains,
    cast(counted.tainted_count as integer) as tainted_count
from counted
inner join {{ ref('key_section') }} as section on counted.section_no = section.section_no
inner join {{ ref('standard_rule') }} as rule
    on counted.standard_id = rule.standard_id and section.stage = rule.stage
