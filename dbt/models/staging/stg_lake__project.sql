{%- set money = ['central', 'provincial', 'city', 'county', 'other'] %}
-- The latest list that names a project speaks for it. A project without a total costs what its sources
-- give together, where any is told.
with latest as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by county_code, coalesce(school_id, ''), name order by school_year desc, term desc
            ) as choice
        from {{ source('selection', 'project') }}
    ) as project
    where choice = 1
)

select
    cast(school_year as integer) as returned_year,
    term,
    county_code,
    county_name,
    coalesce(school_id, '') as school_id,
    name as project_name,
    kind,
    state,
    start as started,
    ready,
    -- A project counts in the year in which it is, or is to be, ready; else in that in which it started.
    cast(left(coalesce(ready, start), 4) as integer) as project_year,
    coalesce(
        money_yuan,
        case
            when
                coalesce(
                    {%- for payer in money %}
                    money_{{ payer }}_yuan
                    {{- ',' if not loop.last }}
                    {%- endfor %}
                ) is not null
                then
                    {%- for payer in money %}
                    coalesce(money_{{ payer }}_yuan, 0)
                    {{- ' +' if not loop.last }}
                    {%- endfor %}
        end
    ) as money_yuan,
    {%- for payer in money %}
    money_{{ payer }}_yuan,
    {%- endfor %}
    area_m2,
    sports_area_m2,
    classes,
    seats,
    evidence,
    sha256,
    sheet,
    cast(source_row as integer) as source_row
from latest
