with flag as (
    select
        cast(flag.school_year as integer) as school_year,
        flag.term,
        flag.county_code,
        coalesce(flag.school_id, '') as school_id,
        coalesce(flag.stage, 'all') as stage,
        coalesce(flag.fields, '') as fields,
        flag.taints,
        -- What stands against a roster is nothing against the census.
        {{ names_a_field("coalesce(flag.fields, '')", ['roster_*']) }} as is_of_roster
    from {{ ref('stg_lake__flag') }} as flag
    where {{ taints_figures('flag') }} and flag.taints is not null
),

{% set entries = [] -%}
{%- for part in taintable_parts() -%}
  {%- do entries.append({
    'part_id': "'" ~ part.part_id ~ "'", 'item_id': "'" ~ part.item_id ~ "'",
    'touches': touches_part('taints', 'fields', 'stage', part),
  }) -%}
{%- endfor -%}
touched as (
    {{ unpivot('flag', ['school_year', 'term', 'county_code', 'school_id', 'stage', 'is_of_roster'], entries) if entries else
        "select *, '' as part_id, '' as item_id, false as touches from flag" }}
)

select distinct -- many flags, one doubt
    school_year,
    term,
    county_code,
    school_id,
    stage,
    part_id,
    item_id,
    is_of_roster
from touched
where touches
