with

events as (
    select * from {{ source('buck', 'data_pipeline_logs') }}
),

final as (
    select
        -- ids
        run_id || '/' || number as event_id,
        run_id,
        pipeline,
        facts ->> 'check' as check_id,
        facts ->> 'name' as check_name,
        facts ->> 'table' as checked_table,
        nullif(facts ->> 'column', '') as checked_column,
        facts ->> 'engine' as engine,
        facts ->> 'dimension' as dimension,
        facts ->> 'severity' as severity,
        nullif(facts ->> 'owner', '') as owner,
        -- times (UTC)
        occurred_at as judged_at,
        -- measures
        cast(facts ->> 'failures' as bigint) as failures,
        -- status
        status as outcome,
        outcome in ('failed', 'errored') and severity = 'fail' as is_blocking
    from events
    where kind = 'check_judged'
)

select * from final
