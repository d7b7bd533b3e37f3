select *
from {{ judgement('flag') }}
