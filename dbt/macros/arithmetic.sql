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
   years) they are all that is left. DuckDB adds whole multiples of 2^-56 in 128 bits: every term of
   0.06 or more is one exactly. `over` is a window, if it is one. Figures are read up to 10^12; it takes
   10^21 to overflow. Other engines add as they do. #}
{% macro exact_sum(expression, over='') -%}
  {{ return(adapter.dispatch('exact_sum', 'junheng')(expression, over)) }}
{%- endmacro %}
{% macro default__exact_sum(expression, over) -%}
  sum({{ expression }}){{ ' over ' ~ over if over }}
{%- endmacro %}
{% macro duckdb__exact_sum(expression, over) -%}
  (cast(sum(cast(cast({{ expression }} as double) * 72057594037927936.0 as hugeint)){{ ' over ' ~ over if over }} as double)
    / 72057594037927936.0)
{%- endmacro %}

{# The same for Σ w·d², which may be any size: multiples of 2^-62 where all terms lie below 10^12, of
   2^-42 up to 10^18; beyond that the plain sum stands in, for a total must never overflow. #}
{% macro exact_sum_of_squares(expression) -%}
  {{ return(adapter.dispatch('exact_sum_of_squares', 'junheng')(expression)) }}
{%- endmacro %}
{% macro default__exact_sum_of_squares(expression) -%} sum({{ expression }}) {%- endmacro %}
{% macro duckdb__exact_sum_of_squares(expression) -%}
  (case
    {%- for limit, unit in [('1e12', '4611686018427387904.0'), ('1e18', '4398046511104.0')] %}
    when max(abs({{ expression }})) < {{ limit }}
      then cast(sum(cast(
        case when abs({{ expression }}) < {{ limit }} then ({{ expression }}) * {{ unit }} end as hugeint
      )) as double) / {{ unit }}
    {%- endfor %}
    else sum({{ expression }})
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
