{# Facts that are kept by section number, beside what compact.section says of the section: for a view.
   `columns` are all columns in order, `own` those of the facts; `as_text` gives words as text instead of numbers
   (see word.sql). Without the database's name, for the file may be attached under any. One level and no
   computed column: around anything else DuckDB reorders no join, so that who asks for the county of
   another query would read the nation. #}
{% macro beside_sections(facts, columns, own, as_text) -%}
  {%- set words = [
      'stage', 'standard_id', 'indicator_id', 'urban_rural', 'region_code', 'verdict', 'value_status',
  ] -%}
  select
  {%- for name in columns %}
    {%- set column = ('facts.' if name in own else 'section.') ~ name %}
    {{ 'cast(' ~ column ~ ' as string) as ' ~ name if as_text and name in words else column }}
    {{- ',' if not loop.last }}
  {%- endfor %}
  from {{ facts.include(database=false) }} as facts
  inner join {{ ref('compact_section').include(database=false) }} as section
    on facts.section_no = section.section_no
{%- endmacro %}

{% macro figures_beside_sections(as_text=false) -%}
  {%- set own = [
      'standard_id', 'indicator_id', 'numerator', 'denominator', 'value', 'threshold', 'floor', 'verdict',
      'gap_per_pupil', 'gap_total', 'value_status', 'is_tainted',
  ] -%}
  {{ junheng.beside_sections(ref('compact_figure'), [
      'school_year', 'county_code', 'county_name', 'school_id', 'school_name', 'stage', 'standard_id',
      'indicator_id', 'urban_rural', 'region_code', 'numerator', 'pupils', 'denominator', 'value', 'threshold',
      'floor', 'verdict', 'gap_per_pupil', 'gap_total', 'value_status', 'is_tainted',
  ], own, as_text) }}
{%- endmacro %}

{% macro shares_beside_sections(as_text=false) -%}
  {%- set own = [
      'standard_id', 'indicator_id', 'urban_rural', 'share', 'between_urban_rural', 'within',
  ] -%}
  {{ junheng.beside_sections(ref('compact_share'), [
      'school_year', 'county_code', 'county_name', 'school_id', 'stage', 'standard_id', 'indicator_id',
      'urban_rural', 'share', 'between_urban_rural', 'within',
  ], own, as_text) }}
{%- endmacro %}
