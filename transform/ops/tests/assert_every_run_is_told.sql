-- Every run of the ledger is one row, and every row is a run of the ledger.
with

told as (
    select run_id from {{ ref('ops_pipeline_runs') }}
),

recorded as (
    select distinct run_id from {{ source('buck', 'data_pipeline_logs') }}
)

select
    told.run_id as told_run_id,
    recorded.run_id as recorded_run_id
from told
full join recorded on told.run_id = recorded.run_id
where told.run_id is null or recorded.run_id is null
