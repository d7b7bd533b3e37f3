{# How DuckDB builds a table or a view. The file is new in every build, so a relation is made under its
   own name, with its comments, in one statement: dbt's own way (make beside, rename, drop, read the
   columns, comment) takes several times as long as the SQL of a county. Columns come from the YAML, which
   the contract of a published model holds to be complete. In a file that began as a copy of the version in
   force only the years that are stale are replaced (years.sql). JUNHENG_DBT=stock takes dbt's own way
   (dagster_project/transform/stock.py). #}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
  {{ return(dbt.materialization_table_duckdb() if junheng.is_stock() else junheng.create_in_place('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {{ return(dbt.materialization_view_default() if junheng.is_stock() else junheng.create_in_place('view')) }}
{% endmaterialization %}

{% macro is_stock() %}{{ return(env_var('JUNHENG_DBT', '') == 'stock') }}{% endmacro %}

{% macro create_in_place(type) %}
  {%- set relation = this.incorporate(type=type) -%}
  {%- set is_by_years = type == 'table' and junheng.is_by_years() -%}
  {%- set is_kept = is_by_years and relation.database == target.database -%}
  {% if not is_kept %}{% do drop_relation_if_exists(load_cached_relation(this)) %}{% endif %}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('main') -%}
    {%- if is_kept -%}
    {{ junheng.replace_years(relation) }};
    {%- elif type == 'table' -%}
    {{ create_table_as(False, relation, junheng.rows_of_years() if is_by_years else compiled_code) }};
    {{ junheng.comments(relation) }}
    {%- else -%}
    {{ create_view_as(relation, compiled_code) }};
    {{ junheng.comments(relation) }}
    {%- endif -%}
  {%- endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [relation]}) }}
{% endmacro %}

{% macro comments(relation) -%}
  {%- if config.persist_relation_docs() and model.description -%}
    {{ alter_relation_comment(relation, model.description) }}
  {%- endif -%}
  {%- if config.persist_column_docs() -%}
    {%- for column in model.columns.values() %}
    comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
