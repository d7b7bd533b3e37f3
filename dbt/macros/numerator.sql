{# The numerator of an indicator and its status, from the terms of seeds/indicator_term.csv.

   A term is unknown when its figure is unreadable, undefined or not collected; a figure that was not
   collected is no loss where the fields that replace it were (研究生 in place of 博士 + 硕士). A blank or
   inapplicable figure is unknown too, unless the term is optional (blank_as_zero): then it counts as
   none as long as another term is reported. One unknown term makes the numerator missing, with the
   gravest status (which happens to be the last in the alphabet); it is never read as zero.

   A table may hold the numerator as such (is_whole: 高于规定学历教师数). The parts are preferred, for they
   can be checked; the whole counts where no worse is wrong with them than that one was not collected. #}

{% macro status_of(field_id) -%} coalesce({{ field_id }}__status, 'not_collected') {%- endmacro %}

{% macro term_trouble(term) -%}
  {%- set status = junheng.status_of(term.field_id) -%}
  case
    when {{ status }} in ('unreadable', 'undefined') then {{ status }}
    when {{ status }} = 'not_collected'
    {%- if term.replaced_by %} and not (
      {%- for field_id in term.replaced_by.split(' ') -%}
      {{ ' and ' if not loop.first }}{{ junheng.status_of(field_id) }} <> 'not_collected'
      {%- endfor -%}
    ){% endif %} then {{ status }}
    {% if not term.blank_as_zero -%}
    when {{ status }} in ('blank', 'not_applicable') then {{ status }}
    {% endif -%}
  end
{%- endmacro %}

{# The gravest of several statuses; NULL when there is none. #}
{% macro gravest(statuses) -%}
  {% if statuses | length == 1 %}{{ statuses[0] }}{% else %}greatest({{ statuses | join(',\n') }}){% endif %}
{%- endmacro %}

{% macro parts_trouble(terms) -%}
  {%- set troubles = [] -%}
  {%- set values = [] -%}
  {%- set statuses = [] -%}
  {%- for term in terms if not term.is_whole -%}
    {%- do troubles.append(junheng.term_trouble(term)) -%}
    {%- do values.append(term.field_id) -%}
    {%- do statuses.append("nullif(" ~ junheng.status_of(term.field_id) ~ ", 'not_collected')") -%}
  {%- endfor -%}
  coalesce(
    {{ junheng.gravest(troubles) }}
    {%- if values | length > 1 -%}
    , case when coalesce({{ values | join(', ') }}) is null then {{ junheng.gravest(statuses) }} end
    {%- endif -%}
  )
{%- endmacro %}

{# Whether `whole` counts in place of the parts. #}
{% macro whole_counts(whole, terms) -%}
  {{ junheng.status_of(whole.field_id) }} <> 'not_collected' and {{ junheng.parts_trouble(terms) }} = 'not_collected'
{%- endmacro %}

{% macro numerator_trouble(terms) -%}
  {%- set wholes = terms | selectattr('is_whole') | list -%}
  {%- if wholes -%}
  case
    when {{ junheng.whole_counts(wholes[0], terms) }} then {{ junheng.term_trouble(wholes[0]) }}
    else {{ junheng.parts_trouble(terms) }}
  end
  {%- else -%} {{ junheng.parts_trouble(terms) }}
  {%- endif -%}
{%- endmacro %}

{% macro numerator_sum(terms) -%}
  {%- set wholes = terms | selectattr('is_whole') | list -%}
  {%- if wholes -%}
  case when {{ junheng.whole_counts(wholes[0], terms) }} then {{ wholes[0].field_id }} else {% endif -%}
  {%- for term in terms if not term.is_whole -%}
    {{ ' + ' if term.sign > 0 and not loop.first }}{{ ' - ' if term.sign < 0 }}coalesce({{ term.field_id }}, 0)
  {%- endfor -%}
  {{ ' end' if wholes }}
{%- endmacro %}

{# `expression` applied to the terms of each stage; one branch where the stages do not differ. #}
{% macro by_stage(indicator, expression) -%}
  {%- set primary = expression(indicator.terms.primary) -%}
  {%- set junior = expression(indicator.terms.junior) -%}
  {%- if primary == junior -%} {{ primary }}
  {%- else -%} case stage when 'primary' then {{ primary }} when 'junior' then {{ junior }} end
  {%- endif -%}
{%- endmacro %}
