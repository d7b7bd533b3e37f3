{# The school year is the unit of a build (docs/decisions/14-the-year-as-unit.md). A model that says how many
   years it looks back at (`meta: {looks_back: n}`) is a function of the lake year by year: what it says of a
   year depends on that year and the n before it. Of such a model only the years that are stale are computed.
   A model that says nothing is computed whole. #}

{# Whether this model is computed by years in this build: it begins with a version (dagster_project/transform/plan.py)
   and the model is one of those that the plan is about. Which years is no matter of what is rendered: a mark
   stands for them, which is filled in when the statement is executed (dagster_project/transform/statements.py). #}
{% macro is_by_years() %}
  {% set planned = env_var('JUNHENG_PLAN', '') if execute and model.resource_type == 'model' else '' %}
  {{ return(model.name in fromjson(planned) if planned else false) }}
{% endmacro %}

{# A model that is computed by years reads of others that are no more than the years that it needs. #}
{% macro ref() %}
  {% set relation = builtins.ref(*varargs, **kwargs) %}
  {% if not junheng.is_by_years() %}{{ return(relation) }}{% endif %}
  {% set node = graph.nodes.get('model.junheng.' ~ varargs[-1]) %}
  {% if node is none or node.config.meta.get('looks_back') is none %}{{ return(relation) }}{% endif %}
  {{ return('(select * from ' ~ relation ~ ' where ' ~ junheng.is_of_years(node, 'reads') ~ ')') }}
{% endmacro %}

{# The model's rows of the years to compute. #}
{% macro rows_of_years() -%}
  select * from (
  {{ compiled_code }}
  ) as computed where {{ junheng.is_of_years(model, 'years') }}
{%- endmacro %}

{# These rows anew in a table that has those of all other years. #}
{% macro replace_years(relation) -%}
  {%- if not load_cached_relation(relation) -%}
    {{ exceptions.raise_compiler_error(relation ~ ' is not there: the build did not begin as a copy of a version.') }}
  {%- endif -%}
  delete from {{ relation }} where {{ junheng.is_of_years(model, 'years') }};
  insert into {{ relation }} by name
  {{ junheng.rows_of_years() }}
{%- endmacro %}

{# Whether a row of `node` is of a year that this model computes ('years') or reads for that ('reads'): by the
   column that names its year, or by its section's number. #}
{% macro is_of_years(node, which) -%}
  {%- set meta = node.config.meta -%}
  of_years('{{ model.name }}', '{{ which }}', {{ 'section_no' if meta.get('is_numbered') else meta.get('year_column', 'school_year') }})
{%- endmacro %}

{# Sections are numbered year by year: the year, and a number within it. #}
{% macro sections_of_a_year() %}{{ return(1000000) }}{% endmacro %}
