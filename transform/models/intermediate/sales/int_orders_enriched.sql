-- One row per order with the customer as they were when they ordered.
{{ config(materialized='view') }}
{{ orders_enriched() }}
