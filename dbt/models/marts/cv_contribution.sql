{{ config(materialized='view') }}
{{ beside_sections('cv_contribution', ref('fct_share'), as_text=true) }}
