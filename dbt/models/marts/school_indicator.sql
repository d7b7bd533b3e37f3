{{ config(materialized='view') }}
{{ beside_sections('school_indicator', ref('fct_figure'), as_text=true) }}
