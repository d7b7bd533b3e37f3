{{ config(alias='school_indicator', materialized='view') }}
{{ beside_sections('school_indicator', ref('fct_figure')) }}
