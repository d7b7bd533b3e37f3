-- 哪些公布的数据与仓库不符？ | Which published claims do not follow from the figures?
select claim_id, county_name, school_year, statement, published, recomputed, difference, unit, verdict, note
from marts.claim_audit
where verdict <> 'holds'
order by verdict, claim_id;
