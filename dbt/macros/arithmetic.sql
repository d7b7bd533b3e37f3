{# The one way to divide: NULL where a side is missing or the denominator is zero, never inf or NaN. #}
{% macro safe_divide(numerator, denominator) -%}
  (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{# The root of a variance: NULL where it is negative, as weights below zero (-5 pupils) make it. #}
{% macro safe_sqrt(variance) -%}
  (case when {{ variance }} >= 0 then sqrt({{ variance }}) end)
{%- endmacro %}

{# A sum that is the same whatever the order in which threads add: with plain floating point the last bits
   would differ from build to build, and where totals cancel (a balance of flows, a change between two
   years) they are all that is left. DuckDB adds whole multiples of 2^-62 in 128 bits: every term of
   1/1000 or more is one exactly. Beyond 10^12 (no census figure is) the plain sum stands in, for a
   total must never overflow; `squares` (Σ w·d² in yuan) may be larger and adds multiples of 2^-42 then.
   `over` is a window, if it is one. Other engines add as they do. #}
{% macro exact_sum(expression, over='', squares=false) -%}
  {{ return(adapter.dispatch('exact_sum', 'junheng')(expression, over, squares)) }}
{%- endmacro %}
{% macro default__exact_sum(expression, over, squares) -%}
  sum({{ expression }}){{ ' over ' ~ over if over }}
{%- endmacro %}
{% macro duckdb__exact_sum(expression, over, squares) -%}
  {%- set window = ' over ' ~ over if over else '' -%}
  {%- set steps = [('1e12', '4611686018427387904.0')] + ([('1e18', '4398046511104.0')] if squares else []) -%}
  (case
    {%- for limit, unit in steps %}
    when max(abs({{ expression }})){{ window }} < {{ limit }}
      then cast(sum(cast(
        case when abs({{ expression }}) < {{ limit }} then ({{ expression }}) * {{ unit }} end as hugeint
      )){{ window }} as double) / {{ unit }}
    {%- endfor %}
    else sum({{ expression }}){{ window }}
  end)
{%- endmacro %}

{# A mean by such a sum. #}
{% macro exact_mean(expression) -%}
  {{ junheng.safe_divide(junheng.exact_sum(expression), 'count(' ~ expression ~ ')') }}
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
