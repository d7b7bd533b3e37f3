{{ config(materialized='view') }}
{{ figures_beside_sections(as_text=true) }}
