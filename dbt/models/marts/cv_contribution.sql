{{ config(materialized='view') }}
{{ shares_beside_sections(as_text=true) }}
