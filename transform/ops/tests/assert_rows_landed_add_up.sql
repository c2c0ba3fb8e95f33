-- What a run landed is the sum over its loads.
with

landed as (
    select
        run_id,
        sum(rows_landed) as rows_landed
    from {{ ref('ops_loads') }}
    group by run_id
)

select
    runs.run_id,
    runs.rows_landed,
    landed.rows_landed as rows_of_loads
from {{ ref('ops_pipeline_runs') }} as runs
left join landed on runs.run_id = landed.run_id
where runs.rows_landed <> coalesce(landed.rows_landed, 0)
