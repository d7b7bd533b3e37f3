{{ config(materialized='view') }}
-- Written without the database's name: the file may be attached under any.
select
    flag.flag_id,
    flag.severity,
    flag.school_year,
    flag.county_code,
    flag.school_id,
    school.school_name,
    flag.stage,
    rule.title,
    flag.message,
    flag.remedy,
    flag.source_file,
    flag.sheet,
    flag.cell,
    rule.owner
from {{ ref('flag').include(database=false) }} as flag
left join {{ ref('rule').include(database=false) }} as rule
    on flag.rule_id = rule.rule_id
left join {{ ref('dim_school').include(database=false) }} as school
    on
        flag.school_year = school.school_year
        and flag.school_id = school.school_id
where flag.status = 'open'
