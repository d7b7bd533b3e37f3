select *
from {{ source('judgement', 'flag') }}
