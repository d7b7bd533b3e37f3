-- A list of projects covers the years from its first project to the return; within them a year without a
-- project has none. Planned and stopped ones cost nothing yet; only what is ready adds classes and seats.
with project as (
    select
        project.*,
        coalesce(code.county_code, project.county_code) as current_county_code,
        project.state in ('building', 'ready') as is_done,
        project.state = 'ready' as is_ready
    from {{ ref('stg_lake__project') }} as project
    left join {{ ref('stg_lake__county_code') }} as code on project.county_code = code.old_code
),

covered as (
    select current_county_code as county_code, min(project_year) as first_year, max(returned_year) as last_year
    from project
    where is_done
    group by current_county_code
),

period as (
    select covered.county_code, known.school_year, known.school_year - length.years + 1 as period_from
    from covered
    inner join (
        select distinct school_year from {{ ref('int_county') }} -- every year that anything is known of
        union
        select distinct returned_year from project -- and every year of a list
    ) as known
        on covered.first_year <= known.school_year and known.school_year <= covered.last_year
    inner join (
        {%- for years in [1, 3, 5] %}
        select {{ years }} as years {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as length on known.school_year - length.years + 1 >= covered.first_year
),

total as (
    select
        period.county_code,
        period.school_year,
        period.period_from,
        count(project.project_name) as projects,
        count(project.money_yuan) as with_money,
        {{ exact_sum('project.money_yuan') }} as money,
        count(case when project.school_id <> '' then 1 end) as with_school,
        count(distinct nullif(project.school_id, '')) as schools,
        {{ exact_sum("case when project.kind in ('new', 'extend') then project.area_m2 end") }} as area_new,
        {{ exact_sum("case when project.kind = 'repair' then project.area_m2 end") }} as area_repair,
        {{ exact_sum('project.sports_area_m2') }} as sports_area,
        {{ exact_sum('case when project.is_ready then project.classes end') }} as classes,
        {{ exact_sum('case when project.is_ready then project.seats end') }} as seats
    from period
    left join project
        on
            period.county_code = project.current_county_code
            and project.is_done
            and period.period_from <= project.project_year
            and project.project_year <= period.school_year
    group by period.county_code, period.school_year, period.period_from
),

{% set entries = [
    {'source': "'count'", 'value': 'cast(projects as double)', 'parts_known': 'projects'},
    {'source': "'money'", 'value': 'case when with_money = projects then coalesce(money, 0) end',
     'parts_known': 'with_money'},
    {'source': "'schools'", 'value': 'case when with_school = projects then cast(schools as double) end',
     'parts_known': 'with_school'},
] -%}
{%- for name in ['area_new', 'area_repair', 'sports_area', 'classes', 'seats'] -%}
  {%- do entries.append({'source': "'" ~ name ~ "'", 'value': name, 'parts_known': 'projects'}) -%}
{%- endfor -%}
long as (
    {{ unpivot('total', ['county_code', 'school_year', 'period_from', 'projects'], entries) }}
)

select
    cast(long.school_year as integer) as school_year,
    cast(long.period_from as integer) as period_from,
    long.county_code,
    item.item_id,
    long.value,
    cast(long.parts_known as integer) as parts_known,
    cast(long.projects as integer) as parts_expected
from long
inner join {{ ref('int_measure_item') }} as item on long.source = item.source and item.origin = 'project'
where long.value is not null or long.parts_known < long.projects
