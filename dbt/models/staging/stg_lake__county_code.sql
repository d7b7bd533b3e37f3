-- A code that changed more than once leads to the newest in up to three steps.
select
    first_step.old_code,
    coalesce(third_step.new_code, second_step.new_code, first_step.new_code) as county_code
from {{ source('mapping', 'county_code') }} as first_step
left join {{ source('mapping', 'county_code') }} as second_step
    on first_step.new_code = second_step.old_code and second_step.from_year >= first_step.from_year
left join {{ source('mapping', 'county_code') }} as third_step
    on second_step.new_code = third_step.old_code and third_step.from_year >= second_step.from_year
