-- No step begins before its run, or ends after a run that has ended; nothing takes less than no time.
select
    steps.step_id,
    steps.started_at,
    steps.finished_at,
    runs.started_at as run_started_at,
    runs.finished_at as run_finished_at
from {{ ref('ops_pipeline_steps') }} as steps
inner join {{ ref('ops_pipeline_runs') }} as runs on steps.run_id = runs.run_id
where
    steps.started_at < runs.started_at
    or steps.finished_at > runs.finished_at
    or steps.finished_at < steps.started_at
    or steps.seconds < 0
