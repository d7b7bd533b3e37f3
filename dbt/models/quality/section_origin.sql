select
    school_year,
    term,
    school_id,
    stage,
    sha256,
    sheet,
    source_row
from {{ ref('int_section') }}
