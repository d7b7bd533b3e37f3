{# A source (models/staging/sources.yml) is a table of Parquet files: the lake, the mappings, the selection
   (what counts in this build) and the flags. Its path is rendered when a model runs, never when the project
   is parsed: a kept manifest serves any lake. union_by_name: files of different vintages of the dictionary
   stand side by side. #}
{% macro source(source_name, table_name) %}
  {% set relation = builtins.source(source_name, table_name) %}
  {% if not execute or model.resource_type == 'unit_test' %}
    {{ return(relation) }}
  {% endif %}
  {{ return({
    'lake': junheng.parquet(env_var('JUNHENG_LAKE', 'lake'), table_name ~ '/**/*.parquet'),
    'mapping': junheng.parquet(env_var('JUNHENG_LAKE', 'lake'), 'mapping/' ~ table_name ~ '.parquet'),
    'selection': junheng.parquet(env_var('JUNHENG_SELECTION', 'selection'), table_name ~ '.parquet'),
    'judgement': junheng.parquet(env_var('JUNHENG_JUDGEMENT', 'lake/judgement'), table_name ~ '.parquet'),
  }[source_name]) }}
{% endmacro %}

{# The files below `folder` that `pattern` matches; the folder is no pattern, whatever it is called. #}
{% macro parquet(folder, pattern) -%}
  {{ return(adapter.dispatch('parquet', 'junheng')(folder, pattern)) }}
{%- endmacro %}

{% macro duckdb__parquet(folder, pattern) -%}
  {%- set folder = folder | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') -%}
  read_parquet('{{ (folder ~ '/' ~ pattern) | replace("'", "''") }}', union_by_name = true)
{%- endmacro %}

{% macro spark__parquet(folder, pattern) -%}
  parquet.`{{ folder }}/{{ pattern | replace('**/*', '{*,*/*}') }}`
{%- endmacro %}
