{# A word out of a small known list. DuckDB keeps such a column as numbers (ENUM): a nation's history
   repeats some ten words 36 million times, and writing them as text takes longer than computing the
   figures. Where a warehouse has no such type it is plain text. Readers get text everywhere: the
   marts are views that cast. `expression` must give one of the words or NULL. #}
{% macro enum_of(expression, kind) -%}
  {{ return(adapter.dispatch('enum_of', 'junheng')(expression, kind)) }}
{%- endmacro %}
{% macro default__enum_of(expression, kind) -%} cast({{ expression }} as string) {%- endmacro %}
{% macro duckdb__enum_of(expression, kind) -%}
  cast({{ expression }} as enum({% for word in junheng.words_of(kind) %}'{{ word }}'{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}

{# The words of a kind in alphabetical order, as far as a seed lists them from there. #}
{% macro words_of(kind) %}
  {% if kind == 'stage' %}{{ return(['junior', 'primary']) }}{% endif %}
  {% if kind == 'verdict' %}{{ return(['below', 'floor', 'met', 'missing']) }}{% endif %}
  {% if kind == 'urban_rural' %}{{ return(['rural', 'town', 'unknown', 'urban']) }}{% endif %}
  {% set listed = {
    'indicator': ('indicator', 'indicator_id'), 'standard': ('indicator', 'standard_id'),
    'region': ('standard', 'region_code'), 'value_status': ('value_status', 'status'),
  }[kind] %}
  {% set found = ['CN'] if kind == 'region' else [] %}
  {% for row in junheng.seed_rows(listed[0], listed[1]) if row[listed[1]] not in found %}
    {% do found.append(row[listed[1]]) %}
  {% endfor %}
  {{ return((found or ['?']) | sort) }}
{% endmacro %}
