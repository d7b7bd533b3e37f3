-- 最近一次发布改动了哪些已公布的数据？ | Which published figures did the last publication move?
select table_name, row_key, column_name, old_value, new_value
from marts.restatement
where publish_id = (select max(publish_id) from marts.restatement)
order by table_name, row_key, column_name
limit 500;
