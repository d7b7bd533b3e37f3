-- The query stands in macros/claim.sql, which `junheng audit` reads as well.
{{ claim_audit(
    claim=ref('stg_lake__claim'),
    county='(select county_name, current_county_code as county_code from ' ~ ref('int_county') ~ ')',
    trend=ref('trend'),
    county_profile=ref('county_profile'),
    school=ref('dim_school'),
    gap=ref('gap'),
    school_indicator=ref('fct_school_indicator'),
    region_item=ref('region_item'),
    county_measure=ref('county_measure'),
    region_measure=ref('region_measure'),
    measure_item=ref('measure_item'),
    statement=ref('claim_statement'),
    unit=ref('claim_unit'),
) }}
