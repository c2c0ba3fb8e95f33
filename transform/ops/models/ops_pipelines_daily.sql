with

runs as (
    select * from {{ ref('ops_pipeline_runs') }}
),

final as (
    select
        -- ids
        started_on || '/' || pipeline as day_id,
        started_on,
        pipeline,
        -- measures
        count(*) as runs,
        count(*) filter (where status in ('ok', 'unchanged')) as runs_ok,
        count(*) filter (where status in ('failed', 'blocked', 'cancelled', 'interrupted')) as runs_failed,
        count(*) filter (where status = 'gate_closed') as runs_gate_closed,
        count(*) filter (where is_late) as runs_late,
        count(published_snapshot) as snapshots_published,
        cast(sum(rows_landed) as bigint) as rows_landed,
        avg(seconds) as mean_seconds,
        max(seconds) as longest_seconds
    from runs
    group by started_on, pipeline
)

select * from final
