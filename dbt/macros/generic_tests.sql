{# The key of a table: no column of it is null, but those of `nullable`, and no key stands twice; with
   `finite`, no floating point column holds inf or NaN either (one node instead of two). Whoever needs to
   know a table's key reads it from here: ref.column, the dictionary, restatements. #}
{% test primary_key(model, columns, nullable=[], finite=false) %}
  {% set key = columns | join(', ') %}
  {{ junheng.rows_that_share(model, columns) }}
  union all
  select {{ key }}, 1 as rows_found
  from {{ model }}
  where false{% for column in columns if column not in nullable %} or {{ column }} is null{% endfor %}
  {% if finite and execute %}
  union all select {{ key }}, 0 from {{ model }} where {{ junheng.some_column_is_not_finite(model) }}
  {% endif %}
{% endtest %}

{# Columns that no two rows share, but that are not the key. #}
{% test unique_together(model, columns) %}
  {{ junheng.rows_that_share(model, columns) }}
{% endtest %}

{# Hashes are compared first, which needs a fraction of the memory that the keys would; keys are looked at
   only where two hashes agree. #}
{% macro rows_that_share(model, columns) %}
  {% set key = columns | join(', ') %}
  with twice as (
    select {{ key_hash(columns) }} as key_hash from {{ model }} group by 1 having count(*) > 1
  )
  select {{ key }}, count(*) as rows_found
  from {{ model }}
  where {{ key_hash(columns) }} in (select key_hash from twice)
  group by {{ key }}
  having count(*) > 1
{% endmacro %}

{# The same for a view whose rows are those of a tested table, but whose figures are computed. #}
{% test finite(model) %}
  {% if execute %}
  select * from {{ model }} where {{ junheng.some_column_is_not_finite(model) }}
  {% endif %}
{% endtest %}

{% macro some_column_is_not_finite(relation) -%}
  false
  {%- for column in adapter.get_columns_in_relation(relation) if column.dtype | upper in ('DOUBLE', 'FLOAT', 'REAL') %}
  or not {{ junheng.is_finite(column.name) }}
  {%- endfor %}
{%- endmacro %}

{# Only the nation and its provinces set standards; what a city or county asks of itself is a target. #}
{% test national_or_provincial(model) %}
  select * from {{ model }} where length(region_code) <> 2
{% endtest %}
