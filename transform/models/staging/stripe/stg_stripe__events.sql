with

source as (
    {{ newest_versions(source('stripe', 'events'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as event_id,
        {{ json_text('data', 'object.id') }} as object_id,
        -- attributes
        type as event_type,
        {{ json_text('data', 'object.object') }} as object_type,
        api_version,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
