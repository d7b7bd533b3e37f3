{# Items of other data: how their names are looked up, and what of the census they are made of. #}

{# A name as it is looked up (census/returns/layout.py, choice_key): folded, lower case, without blanks. #}
{% macro measure_key(text) -%}
  lower(replace(translate({{ text }}, '（）：，；％', '():,;%'), ' ', ''))
{%- endmacro %}

{# The items whose figures come from the census, each with its terms and how they are totalled. #}
{% macro census_measures() %}
  {% set found = [] %}
  {% for item in junheng.seed_rows('measure_item', 'position') if item.origin == 'census' %}
    {% set is_count = item.source.startswith('count:') %}
    {% for part in (['national', 'provincial', 'city', 'county', 'school'] if item.split_by == 'level' else ['']) %}
      {% set tail = '_' ~ part if part else '' %}
      {% do found.append({
        'item_id': item.item_id ~ tail, 'split_by': item.split_by, 'is_count': is_count,
        'terms': (item.source | replace('count:', '')).split('+') | map('string') | list if not tail
          else [item.source ~ tail],
      }) %}
    {% endfor %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}
