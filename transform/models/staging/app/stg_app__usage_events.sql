with

source as (
    {{ newest_versions(source('app', 'usage_events'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as usage_event_id,
        user_id,
        -- attributes
        event_name,
        properties as properties_json,
        -- times (UTC)
        occurred_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
