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
        step,
        facts ->> 'table' as raw_table,
        split_part(facts ->> 'table', '.', 1) as source,
        -- times (UTC)
        occurred_at as landed_at,
        -- measures
        cast(facts ->> 'rows_received' as bigint) as rows_received,
        cast(facts ->> 'rows_landed' as bigint) as rows_landed,
        cast(facts ->> 'rows_unchanged' as bigint) as rows_unchanged,
        cast(facts ->> 'rows_quarantined' as bigint) as rows_quarantined,
        cast(facts ->> 'version' as bigint) as table_version
    from events
    where kind = 'table_landed'
)

select * from final
