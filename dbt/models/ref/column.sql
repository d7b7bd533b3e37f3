{{ config(tags=['book']) }}
{%- set rows, keys = [], keys_of_nodes() %}
{%- for node in published_nodes() %}
  {%- set key = keys.get(node.unique_id, []) %}
  {%- for column in node.columns.values() %}
    {%- set meaning = halves(column.description) %}
    {%- do rows.append([
      node.schema,
      node.alias,
      column.name,
      loop.index,
      column.data_type or node.config.get('column_types', {}).get(column.name),
      key.index(column.name) + 1 if column.name in key else none,
      meaning | first,
      meaning | last,
    ]) %}
  {%- endfor %}
{%- endfor %}
{{ inline_table(rows) }}
