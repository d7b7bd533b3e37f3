{# A mart of one row per fact: the facts, which are kept by section number, beside what facts.section says
   of the section. The columns are those that the mart's YAML lists, from the facts where the facts' table
   has them; `as_text` gives words as text instead of numbers (see enum_of.sql). Without the database's name,
   for the file may be attached under any. One level and no computed column: around anything else DuckDB
   reorders no join, so that who asks for the county of another query would read the nation. #}
{% macro beside_sections(mart, facts, as_text=false) -%}
  {%- set columns = (graph.nodes.values() | selectattr('name', 'equalto', mart) | first).columns if execute else {} -%}
  {%- set own = adapter.get_columns_in_relation(facts) | map(attribute='name') | list if execute else [] -%}
  select
  {%- for column in columns.values() %}
    {%- set name = ('facts.' if column.name in own else 'section.') ~ column.name %}
    {{ 'cast(' ~ name ~ ' as string) as ' ~ column.name if as_text and column.data_type == 'varchar' else name }}
    {{- ',' if not loop.last }}
  {%- else %} *
  {%- endfor %}
  from {{ facts.include(database=false) }} as facts
  inner join {{ ref('key_section').include(database=false) }} as section
    on facts.section_no = section.section_no
{%- endmacro %}
