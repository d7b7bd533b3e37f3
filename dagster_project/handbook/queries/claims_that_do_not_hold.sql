-- 哪些公布的数据与仓库不符，或没有核对？ | Which published claims do not hold, or met no figure?
select claim_id, county_name, school_year, statement, published, warehouse_value, parts_value, unit, verdict, understanding, note
from marts.claim_audit
where verdict <> 'holds'
order by verdict, claim_id;
