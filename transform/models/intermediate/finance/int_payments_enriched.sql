-- One row per live charge with the customer as they were when they paid.
{{ config(materialized='view') }}
{{ payments_enriched() }}
