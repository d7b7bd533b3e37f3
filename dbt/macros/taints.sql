{# Only what is impossible taints a figure, and only while nobody has corrected or waived it. #}
{% macro taints_figures(flag) -%}
  ({{ flag }}.severity = 'hard' and {{ flag }}.status in ('open', 'confirmed'))
{%- endmacro %}

{# What a hard flag may taint beside the indicators: every part of an item, and every descriptive item
   that is made of census figures. Each with the fields it is made of: the answers its part is computed
   from, and those that the item names (`classes_*`: every field that begins so). #}
{% macro taintable_parts() %}
  {% set found = [] %}
  {% set of_item = {} %}
  {% for item in junheng.seed_rows('item', 'position') %}
    {% do of_item.update({item.item_id: {'own': (item.made_of or '').split(), 'all': (item.made_of or '').split()}}) %}
  {% endfor %}
  {% for part in junheng.seed_rows('item_part', 'item_id, position') %}
    {% set fields = of_item[part.item_id].own | list %}
    {% if part.numerator != '*' %}
      {% for term in junheng.answer_terms(part.numerator) + junheng.answer_terms(part.denominator) %}
        {% do fields.append(term.answer | replace('census_', '')) %}
      {% endfor %}
    {% endif %}
    {% do of_item[part.item_id].all.extend(fields) %}
    {% do found.append({
      'part_id': part.part_id, 'item_id': part.item_id, 'stage': part.stage, 'fields': fields,
      'of_item': of_item[part.item_id].all,
    }) %}
  {% endfor %}
  {% set parts = found | map(attribute='part_id') | list %}
  {% set items = found | map(attribute='item_id') | list %}
  {% for item_id, fields in of_item.items() if fields.own and item_id not in parts + items %}
    {% do found.append({
      'part_id': item_id, 'item_id': item_id, 'stage': 'all', 'fields': fields.own, 'of_item': fields.own,
    }) %}
  {% endfor %}
  {{ return(found) }}
{% endmacro %}

{# Whether a list of field ids (a flag's) names one of `fields`. #}
{% macro names_a_field(list, fields) -%}
  ({% for field in fields | unique -%}
    {{ ' or ' if not loop.first }}
    {%- if field.endswith('*') -%} (',' || replace({{ list }}, ' ', '')) like '%,{{ field[:-1] }}%'
    {%- else -%} {{ junheng.list_holds(list, "'" ~ field ~ "'") }}
    {%- endif -%}
  {%- else -%} false
  {%- endfor %})
{%- endmacro %}

{# Whether a flag touches a part. A flag that names the item touches those of its parts that its fields
   enter, or all of them where its fields enter none. A flag on all that a section's figures are used for
   (`all`) touches what its fields enter. #}
{% macro touches_part(taints, fields, stage, part) -%}
  ({{ "" if part.stage == 'all' else stage ~ " in ('all', '" ~ part.stage ~ "') and " -}}
  case
    when {{ junheng.names_a_field(fields, part.fields) }}
      then {{ junheng.list_holds(taints, "'" ~ part.item_id ~ "'") }} or {{ junheng.list_holds(taints, "'all'") }}
    when {{ junheng.names_a_field(fields, part.of_item) }} then false
    else {{ junheng.list_holds(taints, "'" ~ part.item_id ~ "'") }}
  end)
{%- endmacro %}
