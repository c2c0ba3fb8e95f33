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
        facts ->> 'model' as model,
        -- times (UTC)
        occurred_at as recorded_at,
        -- measures
        cast(facts ->> 'seconds' as double) as seconds,
        -- status
        status
    from events
    where kind = 'model_built'
)

select * from final
