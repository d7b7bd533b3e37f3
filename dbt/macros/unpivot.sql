{# One row of `relation` for each of `entries` (mappings of column → expression, all of the same
   columns), beside the columns `kept`. DuckDB does it in one scan, and the rows made of one row stay
   together, which halves what it costs to write them. #}
{% macro unpivot(relation, kept, entries) -%}
  {{ return(adapter.dispatch('unpivot', 'junheng')(relation, kept, entries)) }}
{%- endmacro %}
{% macro default__unpivot(relation, kept, entries) -%}
  {%- for entry in entries %}
  select {{ kept | join(', ') }}
    {%- for name, expression in entry.items() %}, {{ expression }} as {{ name }}{% endfor %}
  from {{ relation }}
  {{ 'union all' if not loop.last }}
  {%- endfor %}
{%- endmacro %}
{% macro spark__unpivot(relation, kept, entries) -%}
  select {{ kept | join(', ') }}, inline(array(
    {%- for entry in entries %}
    named_struct({% for name, expression in entry.items() %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %})
    {{- ',' if not loop.last }}
    {%- endfor %}
  ))
  from {{ relation }}
{%- endmacro %}
{% macro duckdb__unpivot(relation, kept, entries) -%}
  select {{ kept | join(', ') }}, unnest([
    {%- for entry in entries %}
    { {%- for name, expression in entry.items() %}'{{ name }}': {{ expression }}{{ ', ' if not loop.last }}{% endfor -%} }
    {{- ',' if not loop.last }}
    {%- endfor %}
  ], max_depth := 2)
  from {{ relation }}
{%- endmacro %}
