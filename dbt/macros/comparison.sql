{# Comparisons with a limit. Areas and sums of money are added and subtracted in binary, so a value that
   equals its limit on paper may miss it by the last bit: one part in a thousand million is no
   difference (DOMAIN §8: nothing is rounded before it is judged). #}
{% macro at_least(value, limit) -%}
  ({{ value }} >= {{ limit }} - 1e-9 * abs({{ limit }}))
{%- endmacro %}

{% macro at_most(value, limit) -%}
  ({{ value }} <= {{ limit }} + 1e-9 * abs({{ limit }}))
{%- endmacro %}

{# Whether a value stands as a comparator column asks; NULL where a side is missing. `exact`: two figures
   as they were reported, which no arithmetic has touched. #}
{% macro compares(value, comparator, limit, exact=false) -%}
  {%- set at_least = value ~ ' >= ' ~ limit if exact else junheng.at_least(value, limit) -%}
  {%- set at_most = value ~ ' <= ' ~ limit if exact else junheng.at_most(value, limit) -%}
  case {{ comparator }}
    when '>=' then {{ at_least }}
    when '<=' then {{ at_most }}
    when '>' then not ({{ at_most }})
    when '<' then not ({{ at_least }})
    when '=' then {{ at_least }} and {{ at_most }}
  end
{%- endmacro %}

{# The comparator as it is written in Chinese sentences. #}
{% macro comparator_zh(comparator) -%}
  {{ junheng.words_zh('comparator', comparator) }}
{%- endmacro %}
