-- One row per line of an order, with what the product cost the company on that day.
{{ config(materialized='view') }}
{{ orders_with_items() }}
