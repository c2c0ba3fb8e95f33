with

source as (
    select
        *,
        row_number() over (partition by id order by _buck_seq desc) as _version_rank
    from {{ source('stripe', 'events') }}
    where type like 'customer.subscription.%'
      and _buck_op not in ('d', 't')
      and livemode
),

renamed as (
    select
        -- ids
        id as event_id,
        {{ json_text('data', 'object.id') }} as subscription_id,
        -- the subscription after the change, and its items before and after (JSON, the first ten)
        type as event_type,
        {{ json_text('data', 'object.status') }} as status,
        {{ json_fragment('data', 'object.items.data') }} as items_json,
        {{ json_fragment('data', 'previous_attributes.items.data') }} as previous_items_json,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _version_rank = 1
)

select * from renamed
