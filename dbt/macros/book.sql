{# The book of published tables: what the YAML of the models and seeds says of them, as dbt parsed it. It is
   written into the warehouse (ref.table, ref.column), where restatements, documents and readers look
   keys up; nobody keeps a list of their own. #}

{# The nodes of the published schemas, by schema and name. #}
{% macro published_nodes() %}
  {% set found = [] %}
  {% for node in (graph.nodes.values() if execute else []) if node.resource_type in ('model', 'seed') and node.schema in ('marts', 'quality', 'ref', 'bi') %}
    {% do found.append((node.schema ~ '.' ~ node.alias, node)) %}
  {% endfor %}
  {{ return(found | sort(attribute='0') | map(attribute='1') | list) }}
{% endmacro %}

{# Key columns by node: those of the primary_key test; a view of tested rows says its own (meta). #}
{% macro keys_of_nodes() %}
  {% set found = {} %}
  {% for node in (graph.nodes.values() if execute else []) %}
    {% if node.resource_type == 'test' and node.test_metadata and node.test_metadata.name == 'primary_key' %}
      {% do found.update({node.attached_node: node.test_metadata.kwargs.columns}) %}
    {% elif node.resource_type == 'model' and node.config.meta.get('key') %}
      {% do found.update({node.unique_id: node.config.meta.get('key')}) %}
    {% endif %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}

{# A comment by its halves: Chinese, English. #}
{% macro halves(text) %}
  {{ return((text or '').split(' | ', 1)) }}
{% endmacro %}

{# `rows` (lists of values in the order of the model's columns) as a query with the types of the contract. #}
{% macro inline_table(rows) -%}
  select
  {%- for column in model.columns.values() %}
    cast({{ column.name }} as {{ junheng.type_here(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
  {%- endfor %}
  from (values
  {%- for row in rows %}
    ({% for value in row %}{{ junheng.sql_literal(value) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
  {%- else %}
    ({% for column in model.columns.values() %}null{{ ', ' if not loop.last }}{% endfor %})
  {%- endfor %}
  ) as written ({{ model.columns.keys() | join(', ') }})
  {{ 'where false' if not rows }}
{%- endmacro %}

{# A type of the YAML, which is DuckDB's, as the engine at hand calls it. #}
{% macro type_here(data_type) %}{{ return(adapter.dispatch('type_here', 'junheng')(data_type)) }}{% endmacro %}
{% macro default__type_here(data_type) %}{{ return(data_type) }}{% endmacro %}
{% macro spark__type_here(data_type) %}{{ return(junheng.spark_type(data_type)) }}{% endmacro %}

{% macro sql_literal(value) -%}
  {%- if value is none -%} null
  {%- elif value is number -%} {{ value }}
  {%- else -%} '{{ dbt.escape_single_quotes(value) }}'
  {%- endif -%}
{%- endmacro %}
