{# The answers that a part of an item is computed from, as seeds/item_part.csv writes them: words apart
   by spaces, '-' subtracts, '?' marks an answer that counts as none where it is blank as long as
   another one is given. #}
{% macro answer_terms(text) %}
  {% set terms = [] %}
  {% for word in (text or '').split() %}
    {% do terms.append({
      'answer': word | replace('-', '') | replace('?', ''),
      'sign': '-' if word.startswith('-') else '+',
      'is_optional': word.endswith('?'),
    }) %}
  {% endfor %}
  {{ return(terms) }}
{% endmacro %}

{# The sum of terms over the columns of a pivot; NULL unless all that must be there are. #}
{% macro answer_sum(terms) -%}
  {%- set needed = [] -%}{%- set sum = [] -%}{%- set all = [] -%}
  {%- for term in terms -%}
    {%- do all.append(term.answer) -%}
    {%- if not term.is_optional -%}{%- do needed.append(term.answer ~ ' is not null') -%}{%- endif -%}
    {%- do sum.append(term.sign ~ ' coalesce(' ~ term.answer ~ ', 0)') -%}
  {%- endfor -%}
  case when {{ needed | join(' and ') if needed else 'coalesce(' ~ all | join(', ') ~ ') is not null' }}
    then {{ sum | join(' ') }} end
{%- endmacro %}

{# The parts of one level, each with its terms. #}
{% macro item_parts(level) %}
  {% set found = [] %}
  {% for row in junheng.seed_rows('item_part', 'item_id, position, part_id') if row.level == level and row.numerator != '*' %}
    {% do row.update({
      'numerators': junheng.answer_terms(row.numerator), 'denominators': junheng.answer_terms(row.denominator),
    }) %}
    {% do found.append(row) %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}

{# The answers that parts need, each once. #}
{% macro answers_of(parts) %}
  {% set found = [] %}
  {% for part in parts %}
    {% for term in part.numerators + part.denominators if term.answer not in found and not term.answer.startswith('census_') %}
      {% do found.append(term.answer) %}
    {% endfor %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}

{# The texts of an item's parts, put together in the order of their positions, which are unique within an
   item; NULL where no part has one. Aggregates that sort text for every group would take several times
   as long. #}
{% macro parts_in_order(expression) -%}
  {%- set last = junheng.seed_rows('item_part', 'part_id') | map(attribute='position') | max -%}
  nullif(concat_ws('；'
  {%- for position in range(1, ((last or 1) | int) + 1) -%}
    , max(case when position = {{ position }} then {{ expression }} end)
  {%- endfor -%}
  ), '')
{%- endmacro %}
