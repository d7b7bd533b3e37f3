{# Bins of class size 班额 in the census forms: the smallest class of each, and its part of the name. #}
{% macro class_bins() %}
  {{ return([
      (0, 'le25'), (26, '26_30'), (31, '31_35'), (36, '36_40'), (41, '41_45'),
      (46, '46_50'), (51, '51_55'), (56, '56_60'), (61, '61_65'), (66, 'ge66'),
  ]) }}
{% endmacro %}

{# The classes of `pupils` pupils or more; a limit that cuts through a bin cannot be counted. #}
{% macro classes_from(pupils, relation) -%}
  {%- set parts = [] -%}
  {%- for least, bin in junheng.class_bins() if least >= pupils -%}
    {%- do parts.append('coalesce(' ~ relation ~ '.classes_' ~ bin ~ ', 0)') -%}
  {%- endfor -%}
  {%- if execute and pupils not in junheng.class_bins() | map(attribute=0) -%}
    {{ exceptions.raise_compiler_error(
      'The census counts no classes from ' ~ pupils ~ ' pupils up: use the start of a bin in seeds/setting.csv.'
    ) }}
  {%- endif -%}
  {{ parts | join(' + ') }}
{%- endmacro %}
