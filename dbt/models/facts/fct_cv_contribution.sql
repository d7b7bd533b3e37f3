{{ config(alias='cv_contribution', materialized='view') }}
{{ beside_sections('cv_contribution', ref('fct_share')) }}
