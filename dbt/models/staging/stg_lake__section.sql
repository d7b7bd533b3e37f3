select *
from {{ lake('section') }}
