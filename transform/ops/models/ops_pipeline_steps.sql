with

events as (
    select * from {{ source('buck', 'data_pipeline_logs') }}
),

begun as (
    select
        *,
        row_number() over (partition by run_id, step order by number) as attempt
    from events
    where kind = 'step_started'
),

ended as (
    select
        *,
        row_number() over (partition by run_id, step order by number) as attempt
    from events
    where kind = 'step_finished'
),

errors as (
    select
        run_id,
        step,
        arg_max(status, number) as error_type,
        arg_max(facts ->> 'message', number) as error
    from events
    where kind = 'error'
    group by run_id, step
),

-- A step that was left out has only an end, one that was killed has only a beginning.
steps as (
    select
        run_id,
        step,
        attempt,
        coalesce(begun.pipeline, ended.pipeline) as pipeline,
        begun.occurred_at as started_at,
        ended.occurred_at as finished_at,
        cast(ended.facts ->> 'seconds' as double) as seconds,
        cast(ended.facts ->> 'rows_landed' as bigint) as rows_landed,
        coalesce(ended.status, 'unfinished') as status
    from begun
    full join ended using (run_id, step, attempt)
),

final as (
    select
        -- ids
        steps.run_id || '/' || steps.step || '/' || steps.attempt as step_id,
        steps.run_id,
        steps.pipeline,
        steps.step,
        steps.attempt,
        -- times (UTC)
        steps.started_at,
        steps.finished_at,
        -- measures
        steps.seconds,
        steps.rows_landed,
        -- status
        steps.status,
        case when steps.status = 'failed' then errors.error_type end as error_type,
        case when steps.status = 'failed' then errors.error end as error
    from steps
    left join errors using (run_id, step)
)

select * from final
