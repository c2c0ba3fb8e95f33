with

source as (
    select * from {{ source('stripe', 'subscription_items') }}
),

renamed as (
    select
        -- ids
        subscription as subscription_id,
        id as subscription_item_id,
        {{ json_text('price', 'id') }} as price_id,
        -- attributes
        quantity,
        {{ json_text('price', 'recurring.interval') }} as recurring_interval,
        {{ json_bigint('price', 'recurring.interval_count') }} as recurring_interval_count,
        -- money (minor units)
        {{ json_bigint('price', 'unit_amount') }} as unit_amount_minor,
        -- version: what a list showed was true when it was read, whatever it was before
        _buck_op = 'd' as is_deleted,
        {{ version_times(
            'subscription, id', '_buck_seq', from_unix('created'),
            at="case when _buck_op = 'r' then _buck_observed_at end"
        ) }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
)

select * from renamed
