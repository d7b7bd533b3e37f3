{# Which rows of a table of standards decide for a school year and a region: those of the nation and of
   the province it lies in, in force on 1 September, the reference date of the census. What a city or
   county asks of itself is a target (seeds/plan_target.csv): it stands beside the verdict and never
   turns it (DOMAIN §4). A draft (征求意见稿) is no standard unless the setting says so. #}
{% macro is_in_force(standard, school_year, region_code) -%}
  {{ junheng.can_decide(standard) }}
  and ({{ standard }}.region_code = 'CN' or {{ region_code }} like {{ standard }}.region_code || '%')
  and {{ standard }}.effective_from <= make_date({{ school_year }}, 9, 1)
  and coalesce({{ standard }}.effective_to, make_date(9999, 1, 1)) >= make_date({{ school_year }}, 9, 1)
{%- endmacro %}

{% macro can_decide(standard) -%}
  {# 'CN' or the two digits of a province #}
  length({{ standard }}.region_code) = 2
  {%- if junheng.setting('draft_standards') == 'ignore' %} and {{ standard }}.status not like 'draft%'{% endif %}
{%- endmacro %}

{# The order in which they decide: the nearest region first, within it the newest document. #}
{% macro order_by_nearest_region(standard) -%}
  case when {{ standard }}.region_code = 'CN' then 0 else 1 end desc,
  {{ standard }}.effective_from desc
{%- endmacro %}
