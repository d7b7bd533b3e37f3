-- What L1 leaves out: full-time teachers whose degree is not above the required one, by school.
select
    school_year,
    county_code,
    county_name,
    school_id,
    school_name,
    stage,
    teachers,
    l1 as above_degree,
    teachers - l1 as not_above_degree,
    {{ safe_divide('l1', 'teachers') }} as share_above,
    coalesce({{ list_holds('taints', "'L1'") }} or {{ list_holds('taints', "'all'") }}, false) as is_tainted
from {{ ref('int_evaluated_section') }}
where {{ list_holds('standards', "'2017'") }} and teachers > l1
