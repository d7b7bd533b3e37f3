{# The lake, the selection (what counts in this build) and the flags, as relations. Paths are
   rendered when a model runs, never when the project is parsed: a kept manifest serves any lake.
   union_by_name: files of different vintages of the dictionary stand side by side. #}
{% macro lake(section) -%}
  {{ junheng.parquet(env_var('JUNHENG_LAKE', 'lake'), section ~ '/**/*.parquet') }}
{%- endmacro %}

{# One reviewed table of raw/mappings: other mappings stand in the same folder. #}
{% macro mapping(table) -%}
  {{ junheng.parquet(env_var('JUNHENG_LAKE', 'lake'), 'mapping/' ~ table ~ '.parquet') }}
{%- endmacro %}

{% macro selection(table) -%}
  {{ junheng.parquet(env_var('JUNHENG_SELECTION', 'selection'), table ~ '.parquet') }}
{%- endmacro %}

{% macro judgement(table) -%}
  {{ junheng.parquet(env_var('JUNHENG_JUDGEMENT', 'lake/judgement'), table ~ '.parquet') }}
{%- endmacro %}

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
