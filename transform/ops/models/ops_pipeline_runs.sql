with

events as (
    select * from {{ source('buck', 'data_pipeline_logs') }}
),

final as (
    select
        -- ids
        run_id,
        arg_min(pipeline, number) as pipeline,
        max(facts ->> 'environment') filter (where kind = 'run_started') as environment,
        max(facts ->> 'git') filter (where kind = 'run_started') as git_sha,
        max(facts ->> 'config') filter (where kind = 'run_started') as config_hash,
        arg_max(facts ->> 'snapshot', number) filter (where kind = 'published') as published_snapshot,
        -- times (UTC)
        min(occurred_at) as started_at,
        max(occurred_at) filter (where kind = 'run_finished') as finished_at,
        cast(max(facts ->> 'as_of') filter (where kind = 'run_started') as timestamp with time zone) as as_of,
        cast(max(facts ->> 'due_at') filter (where kind = 'run_started') as timestamp with time zone) as due_at,
        cast(timezone('UTC', min(occurred_at)) as date) as started_on,
        -- measures
        cast(arg_max(facts ->> 'seconds', number) filter (where kind = 'run_finished') as double) as seconds,
        cast(arg_max(facts ->> 'since_due_s', number) filter (where kind = 'run_finished') as double) as since_due_s,
        cast(arg_max(facts ->> 'sla_s', number) filter (where kind = 'run_finished') as double) as sla_s,
        cast(max(facts ->> 'event_latency_s') filter (where kind = 'step_finished') as double) as event_latency_s,
        cast(coalesce(sum(cast(facts ->> 'rows_landed' as bigint)) filter (where kind = 'table_landed'), 0) as bigint) as rows_landed,
        count(*) filter (where kind = 'model_built' and status = 'ok') as models_built,
        count(*) filter (where kind = 'check_judged') as checks_judged,
        count(*) filter (where kind = 'check_judged' and status in ('failed', 'errored')) as checks_failed,
        count(*) filter (where kind = 'check_judged' and status = 'warned') as checks_warned,
        -- status
        coalesce(arg_max(status, number) filter (where kind = 'run_finished'), 'unfinished') as status,
        cast(arg_max(facts ->> 'is_late', number) filter (where kind = 'run_finished') as boolean) as is_late,
        coalesce(bool_or(cast(facts ->> 'full_refresh' as boolean)) filter (where kind = 'run_started'), false) as is_full_refresh,
        arg_max(facts ->> 'error', number) filter (where kind = 'run_finished') as error
    from events
    group by run_id
)

select * from final
