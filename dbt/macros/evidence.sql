{# What is said of a county's item or part of it (a row of `decided` in int_county_item): its figure in the
   item's own wording, who falls short, what is in doubt and what is left without it. #}
{% macro county_item_evidence() -%}
  {%- set words = {
      'name': 'name_zh',
      'done': "case when value >= 1 then '已' else '未' end",
      'all_done': "case when value >= 1 then '各校均已' else '尚有学校未' end",
      'occurred': "case when value > 0 then '发生' else '未发生' end",
      'n': junheng.marked(junheng.short_number('numerator')),
      'd': junheng.marked(junheng.short_number('denominator')),
      'v': junheng.marked(junheng.value_text('value', 'scale', 'decimals')),
      't': junheng.limit_text('threshold', 'scale'),
      'c': junheng.comparator_zh('comparator'),
      'evidence': "case when level = 'county' then '（' || nullif(said, '') || '）' else said end",
      'reported': 'cast(reported as string)',
      'unmet': 'cast(unmet as string)',
      'names': 'names',
      'worst': junheng.marked(junheng.short_number('worst')),
      'total': junheng.short_number('clean_n'),
      'sum_n': junheng.marked(junheng.short_number('sum_n')),
      'sum_d': junheng.marked(junheng.short_number('sum_d')),
      'limit': "case stage when 'primary' then '" ~ junheng.setting('class_limit_primary') ~ "' else '"
          ~ junheng.setting('class_limit_junior') ~ "' end",
  } -%}
  {%- set unit = "case level when 'section' then '处' else '所学校' end" -%}
  {%- set counted = "case level when 'section' then '处' else '所' end" -%}
  {%- set in_doubt = "cast(tainted as string) || " ~ unit ~ " || '数据存疑（' || doubtful_names || '），' || "
      ~ junheng.word_zh('verdict', 'unverified') -%}
  case
      when verdict = 'not_due' or (role = 'told' and value is null) then null
      when verdict = 'not_applicable' then name_zh || '：' || {{ junheng.word_zh('verdict', 'not_applicable') }}
      when is_county_level then
          case
              when value is not null then {{ junheng.fill_in('wording', words) }}
              -- A cohort whose rate cannot be computed was reported all the same: so far as it was.
              when part_id = 'retention' and said is not null then name_zh || said
              when verdict = 'unverified' then name_zh || '：填报数据'
              else name_zh || '：' || {{ junheng.word_zh('verdict', 'not_reported') }}
          end
          || case
              when not is_tainted then ''
              else case when value is null then '存疑，' else '，数据存疑，' end || {{ junheng.word_zh('verdict', 'unverified') }}
                  || coalesce('，剔除后' || {{ junheng.value_text('clean_value', 'scale', 'decimals') }}, '')
          end
      when unmet > 0 then
          {{ junheng.fill_in('wording_unmet', words) }} || coalesce('；另有' || {{ in_doubt }}, '')
      when verdict = 'not_reported' then
          '各校' || name_zh || '：' || case
              when coalesce(covered, 0) + coalesce(undecided, 0) = 0 then {{ junheng.word_zh('verdict', 'not_reported') }}
              else concat_ws(
                  '，', '已填报' || cast(covered as string) || {{ counted }},
                  case when undecided > 0 then '数据不足、无法判定' || cast(undecided as string) || {{ counted }} end,
                  case when expected > covered + undecided
                      then {{ junheng.word_zh('verdict', 'not_reported') }} || cast(expected - covered - undecided as string) || {{ counted }}
                  end
              )
          end || coalesce('；' || {{ in_doubt }}, '')
      when verdict = 'unverified' then
          name_zh || '：' || coalesce({{ in_doubt }}, '全县数据存疑，' || {{ junheng.word_zh('verdict', 'unverified') }})
          || case
              when is_doubtful then ''
              when clean_reported = 0 then '，没有其余学校的数据'
              else '，剔除后'
                  || case when scale = 100 then {{ junheng.value_text('clean_value', 'scale', 'decimals') }} || '，' else '' end
                  || '其余' || cast(clean_reported as string) || {{ unit }} || '均达标'
          end
      else {{ junheng.fill_in('wording_met', words) }}
  end
  || case when document is not null and is_regional then '〔' || document || '〕' else '' end
{%- endmacro %}
