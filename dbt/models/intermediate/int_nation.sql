-- Codes of two sources are never the same county: the lake takes no file that would make them so.
select
    county_code,
    max(nation) as nation
from {{ ref('int_section') }}
where nation <> 'CN'
group by county_code
