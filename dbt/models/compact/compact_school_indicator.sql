{{ config(alias='school_indicator', schema='compact', materialized='view') }}
{{ figures_beside_sections() }}
