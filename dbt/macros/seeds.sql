{# Settings and indicator definitions, read from their seeds when a model is rendered: the seeds stay
   the one place they are written, and the SQL that runs is plain columns without a join. #}
{% macro seed_rows(name, order_by) %}
  {% do ref(name) %} {# the seed stands before the model, though no FROM names it #}
  {% if not execute %}{{ return([]) }}{% endif %}
  {% set seed = api.Relation.create(database=target.database or none, schema='ref', identifier=name) %}
  {% set table = run_query('select * from ' ~ seed ~ ' order by ' ~ order_by) %}
  {% set rows = [] %}
  {% for row in table.rows %}
    {% do rows.append(dict(zip(table.column_names, row.values()))) %}
  {% endfor %}
  {{ return(rows) }}
{% endmacro %}

{# One setting as text. #}
{% macro setting(setting_id) %}
  {% for row in junheng.seed_rows('setting', 'setting_id') if row.setting_id == setting_id %}
    {{ return(row.value) }}
  {% endfor %}
  {% if execute %}
    {{ exceptions.raise_compiler_error('seeds/setting.csv has no setting "' ~ setting_id ~ '".') }}
  {% endif %}
  {{ return('0') }}
{% endmacro %}

{# The Chinese word for a code, as a literal. #}
{% macro word_zh(kind, code) -%}
  {%- for row in junheng.seed_rows('word', 'position') if row.kind == kind and row.code == code -%}
    '{{ row.zh }}'
  {%- else -%}
    {%- if execute -%}{{ exceptions.raise_compiler_error('seeds/word.csv has no ' ~ kind ~ ' "' ~ code ~ '".') }}{%- endif -%}
    ''
  {%- endfor -%}
{%- endmacro %}

{# The Chinese words for the codes of a column. #}
{% macro words_zh(kind, column) -%}
  case {{ column }}
  {%- for row in junheng.seed_rows('word', 'position') if row.kind == kind %} when '{{ row.code }}' then '{{ row.zh }}'{% else %} when '' then ''{% endfor %} end
{%- endmacro %}

{# The indicators in published order, each with the terms of its numerator by stage. #}
{% macro indicators() %}
  {% set terms = junheng.seed_rows('indicator_term', 'indicator_id, stage, field_id') %}
  {% set found = [] %}
  {% for row in junheng.seed_rows('indicator', 'standard_id, position') %}
    {% set of = {'primary': [], 'junior': []} %}
    {% for term in terms if term.indicator_id == row.indicator_id %}
      {% do of[term.stage].append(term) %}
    {% endfor %}
    {% do row.update({'terms': of, 'key': row.indicator_id | lower}) %}
    {% do found.append(row) %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}
