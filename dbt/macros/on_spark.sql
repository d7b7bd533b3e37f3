{# What dbt-spark does in another way than this project needs it; nothing here is used on DuckDB. #}

{# The types of seeds and contracts are written as DuckDB says them. #}
{% macro spark_type(data_type) -%}
  {{ {'varchar': 'string', 'timestamp': 'timestamp_ntz', 'hugeint': 'decimal(38,0)'}.get(data_type | lower, data_type) }}
{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
  {%- set here = {} -%}
  {%- for name, column in columns.items() -%}
    {%- do here.update({name: dict(column, data_type=junheng.spark_type(column.data_type))}) -%}
  {%- endfor -%}
  {{ default__get_empty_schema_sql(here) }}
{%- endmacro %}

{# dbt-spark writes a blank cell of a seed as the text 'None' and does not escape quotes. #}
{% macro spark_literal(value) -%}
  {%- if value is none -%} null
  {%- else -%} '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
  {%- endif -%}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
  {%- set types = model['config'].get('column_types', {}) -%}
  {% set sql %}
    create table {{ this.render() }} (
      {%- for name in agate_table.column_names %}
      {{ adapter.quote(name) }} {{ junheng.spark_type(types.get(name, 'varchar')) }}{{ ',' if not loop.last }}
      {%- endfor %}
    )
    {{ comment_clause() }}
  {% endset %}
  {% call statement('_') %}{{ sql }}{% endcall %}
  {{ return(sql) }}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
  {%- set types = model['config'].get('column_types', {}) -%}
  {% set sql %}
    insert into {{ this.render() }}
    select
      {%- for name in agate_table.column_names %}
      cast({{ adapter.quote(name) }} as {{ junheng.spark_type(types.get(name, 'varchar')) }}){{ ',' if not loop.last }}
      {%- endfor %}
    from values
      {%- for row in agate_table.rows %}
      ({% for value in row %}{{ junheng.spark_literal(value) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
      {%- endfor %}
    as rows_read ({% for name in agate_table.column_names %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})
  {% endset %}
  {% do adapter.add_query(sql, abridge_sql_log=True) %}
  {{ return(sql) }}
{%- endmacro %}

{# dbt-spark's own leaves the order out. #}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  listagg({{ measure }}, {{ delimiter_text }})
  {%- if order_by_clause %} within group ({{ order_by_clause }}){% endif -%}
{%- endmacro %}
