select
    claim_id,
    document,
    county as county_name,
    county_code,
    cast(school_year as integer) as school_year,
    stage,
    statement,
    coalesce(numerator, '') as numerator,
    coalesce(denominator, '') as denominator,
    coalesce(multiplier, '') as multiplier,
    coalesce(relation, '=') as relation,
    published,
    unit,
    coalesce(try_cast(decimals as integer), 0) as decimals
from {{ source('selection', 'claim') }}
