{# Which rows of a table of standards hold for a school year and a region: those of the region or of one
   it lies in, in force on 1 September, the reference date of the census. #}
{% macro is_in_force(standard, school_year, region_code) -%}
  ({{ standard }}.region_code = 'CN' or {{ region_code }} like {{ standard }}.region_code || '%')
  and {{ standard }}.effective_from <= make_date({{ school_year }}, 9, 1)
  and coalesce({{ standard }}.effective_to, make_date(9999, 1, 1)) >= make_date({{ school_year }}, 9, 1)
{%- endmacro %}

{# The order in which they decide: the nearest region first, within it the newest document. #}
{% macro nearest_first(standard) -%}
  case when {{ standard }}.region_code = 'CN' then 0 else length({{ standard }}.region_code) end desc,
  {{ standard }}.effective_from desc
{%- endmacro %}
