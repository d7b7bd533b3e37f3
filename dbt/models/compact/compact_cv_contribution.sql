{{ config(alias='cv_contribution', schema='compact', materialized='view') }}
{{ shares_beside_sections() }}
