{# Comparisons with a limit. Areas and sums of money are added and subtracted in binary, so a value that
   equals its limit on paper may miss it by the last bit: one part in a thousand million is no
   difference (DOMAIN §8: nothing is rounded before it is judged). #}
{% macro at_least(value, limit) -%}
  ({{ value }} >= {{ limit }} - 1e-9 * abs({{ limit }}))
{%- endmacro %}

{% macro at_most(value, limit) -%}
  ({{ value }} <= {{ limit }} + 1e-9 * abs({{ limit }}))
{%- endmacro %}

{# Whether a value stands as a comparator column asks; NULL where a side is missing. #}
{% macro stands(value, comparator, limit) -%}
  case {{ comparator }}
    when '>=' then {{ junheng.at_least(value, limit) }}
    when '<=' then {{ junheng.at_most(value, limit) }}
    when '>' then not {{ junheng.at_most(value, limit) }}
    when '<' then not {{ junheng.at_least(value, limit) }}
    when '=' then {{ junheng.at_least(value, limit) }} and {{ junheng.at_most(value, limit) }}
  end
{%- endmacro %}

{# The comparator as it is written in Chinese sentences. #}
{% macro comparator_zh(comparator) -%}
  case {{ comparator }} when '>=' then '≥' when '<=' then '≤' else {{ comparator }} end
{%- endmacro %}
