-- One row per live charge with what became of its money, before anybody asks who paid.
{{ config(materialized='view') }}
{{ payments_settled() }}
