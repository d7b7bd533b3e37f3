{{ config(tags=['book']) }}
{%- set rows, keys = [], keys_of_nodes() %}
{%- for node in published_nodes() %}
  {%- set meaning = halves(node.description) %}
  {%- do rows.append([
    node.schema,
    node.alias,
    keys.get(node.unique_id, []) | join(', ') or none,
    node.config.meta.get('is_restated', false) | string,
    meaning | first,
    meaning | last,
  ]) %}
{%- endfor %}
{{ inline_table(rows) }}
