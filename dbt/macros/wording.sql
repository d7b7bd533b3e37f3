{# Numbers in sentences, rounded once, half up, without separators of thousands: documents print figures so.
   `decimals` is a literal. #}
{% macro number_text(value, decimals) -%}
  {{ return(adapter.dispatch('number_text', 'junheng')(value, decimals)) }}
{%- endmacro %}
{% macro spark__number_text(value, decimals) -%}
  replace(format_number({{ junheng.round_half_up(value, decimals) }}, {{ decimals }}), ',', '')
{%- endmacro %}
{% macro duckdb__number_text(value, decimals) -%}
  format('{:.{{ decimals }}f}', {{ junheng.round_half_up(value, decimals) }})
{%- endmacro %}

{# Rounded once, half up; a value that is half but for binary noise goes up too. #}
{% macro round_half_up(value, decimals) -%}
  round(cast({{ value }} as double) * (1 + 1e-12), {{ decimals }})
{%- endmacro %}

{# `text` of a figure with the mark of those that a hard flag touches: whoever reads a sentence must see
   which of its numbers is in doubt. #}
{% macro marked(text, is_tainted='is_tainted') -%}
  {{ text }} || case when {{ is_tainted }} then {{ junheng.word_zh('mark', 'tainted') }} else '' end
{%- endmacro %}

{# Persons are whole in print, also where they are estimated. #}
{% macro persons(value) -%}
  {{ junheng.number_text(value, 0) }}
{%- endmacro %}

{# What a cohort (a row of marts.retention) is made of, who dropped out also when nobody did, and why
   its rate is not what the formula gives. #}
{% macro cohort_evidence() -%}
  '：入学' || {{ junheng.persons('entrants') }} || '人，毕业' || {{ junheng.persons('graduates') }} || '人'
  || case
      when transfers_in is null then '，转入、转出等流动人数未填报'
      else '，转入' || {{ junheng.persons('transfers_in') }} || '人，转出' || {{ junheng.persons('transfers_out') }}
          || '人，死亡' || {{ junheng.persons('deaths') }} || '人，休学' || {{ junheng.persons('suspended') }}
          || '人，复学' || {{ junheng.persons('resumed') }} || '人，辍学' || {{ junheng.persons('dropouts') }} || '人'
          || case when completions > 0 then '，结业' || {{ junheng.persons('completions') }} || '人' else '' end
          || case when still_enrolled > 0 then '，仍在校' || {{ junheng.persons('still_enrolled') }} || '人' else '' end
  end
  || case when source = 'form_331' then '（按教基331表估算）' else '' end
  || case status
      when 'incomplete' then '，学期异动文件不全'
      when 'capped' then '，公式结果' || {{ junheng.value_text('retention_uncapped', '100', '2') }}
          || case source when 'form_331' then '在估算误差之内' else '因复学多于休学' end || '，以上限公布'
      when 'above_one' then '，毕业生多于应毕业人数'
      else ''
  end
{%- endmacro %}

{# As many decimals as a column says. #}
{% macro number_by(value, decimals) -%}
  case {{ decimals }}
  {%- for count in [0, 1, 2, 3] %}
    when {{ count }} then {{ junheng.number_text(value, count) }}
  {%- endfor %}
    else {{ junheng.number_text(value, 4) }}
  end
{%- endmacro %}

{# A figure as short as it can be written: 10, 0.15, 2000. #}
{% macro short_number(value) -%}
  {{ return(adapter.dispatch('short_number', 'junheng')(value)) }}
{%- endmacro %}
{# Ten digits in all, without the zeros at the end. #}
{% macro spark__short_number(value) -%}
  {%- set rounded = 'round(cast(' ~ value ~ ' as double), 8)' -%}
  {%- set whole_digits = 'length(cast(cast(abs(' ~ rounded ~ ') as bigint) as string))' -%}
  regexp_replace(
    replace(format_number({{ rounded }}, greatest(1, least(8, 10 - {{ whole_digits }}))), ',', ''), '[.]?0+$', ''
  )
{%- endmacro %}
{% macro duckdb__short_number(value) -%}
  format('{:.10g}', round(cast({{ value }} as double), 8))
{%- endmacro %}

{# A share or a plain figure, by the scale (100: percent) and decimals of its part. #}
{% macro value_text(value, scale, decimals) -%}
  case when {{ scale }} = 100 then {{ junheng.number_by('100 * ' ~ value, decimals) }} || '%'
    else {{ junheng.number_by(value, decimals) }} end
{%- endmacro %}

{% macro limit_text(value, scale) -%}
  case when {{ scale }} = 100 then {{ junheng.short_number('100 * ' ~ value) }} || '%'
    else {{ junheng.short_number(value) }} end
{%- endmacro %}

{# `text` with every {name} of the mapping replaced by its expression; NULL becomes nothing. #}
{% macro fill_in(text, values) -%}
  {%- set ns = namespace(sql=text) -%}
  {%- for name, expression in values.items() -%}
    {%- set ns.sql = "replace(" ~ ns.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ expression ~ ", ''))" -%}
  {%- endfor -%}
  {{ ns.sql }}
{%- endmacro %}

{# '17930+9883' → 27813; NULL where a part is no number. #}
{% macro sum_of_parts(text) -%}
  {{ return(adapter.dispatch('sum_of_parts', 'junheng')(text)) }}
{%- endmacro %}
{% macro spark__sum_of_parts(text) -%}
  aggregate(split({{ text }}, '[+]'), cast(0 as double), (total, part) -> total + try_cast(trim(part) as double))
{%- endmacro %}
{% macro duckdb__sum_of_parts(text) -%}
  case
    when list_bool_and(list_transform(string_split({{ text }}, '+'), lambda x: try_cast(trim(x) as double) is not null))
      then list_sum(list_transform(string_split({{ text }}, '+'), lambda x: try_cast(trim(x) as double)))
  end
{%- endmacro %}
