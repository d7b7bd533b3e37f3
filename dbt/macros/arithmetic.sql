{# The one way to divide: NULL where a side is missing or the denominator is zero, never inf or NaN. #}
{% macro safe_divide(numerator, denominator) -%}
  (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{# The root of a variance: NULL where it is negative, as weights below zero (-5 pupils) make it. #}
{% macro safe_sqrt(variance) -%}
  (case when {{ variance }} >= 0 then sqrt({{ variance }}) end)
{%- endmacro %}

{# True for a number that is neither infinite nor NaN. #}
{% macro is_finite(column) %}{{ return(adapter.dispatch('is_finite', 'junheng')(column)) }}{% endmacro %}
{% macro default__is_finite(column) -%}
  (not isnan({{ column }}) and abs({{ column }}) < cast('1e308' as double))
{%- endmacro %}
{% macro duckdb__is_finite(column) %}isfinite({{ column }}){% endmacro %}

{# A 64-bit number for a combination of columns, to compare many rows in little memory. #}
{% macro key_hash(columns) %}{{ return(adapter.dispatch('key_hash', 'junheng')(columns)) }}{% endmacro %}
{% macro spark__key_hash(columns) %}xxhash64({{ columns | join(', ') }}){% endmacro %}
{% macro duckdb__key_hash(columns) %}hash({{ columns | join(', ') }}){% endmacro %}

{# Whether a comma separated list of words holds a word. #}
{% macro list_holds(list, word) -%}
  (',' || replace({{ list }}, ' ', '') || ',' like '%,' || {{ word }} || ',%')
{%- endmacro %}
