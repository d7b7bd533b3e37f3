-- What a cohort is followed by, of every section of a census: kept from build to build, since nine years of it
-- are read for one.
select
    school_year,
    county_code,
    school_id,
    stage,
    entrants,
    graduates,
    flow_entrants,
    flow_transfers_in,
    flow_transfers_out,
    flow_resumed,
    flow_suspended,
    flow_deaths,
    flow_dropouts,
    flow_graduates,
    flow_completed
from {{ ref('int_section') }}
where term = '{{ setting("census_term") }}' and coalesce(is_assessed, true)
