-- One row per live movement of the balance with what it belongs to. A movement does not say its mode:
-- those whose source is known to be of test mode are left out.
{{ config(materialized='view') }}
{{ balance_transactions_attributed() }}
