with

source as (
    {{ newest_versions(source('stripe', 'payment_intents'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as payment_intent_id,
        customer as stripe_customer_id,
        latest_charge as latest_charge_id,
        {{ json_text('metadata', 'order_id') }} as order_id,
        -- attributes
        status,
        capture_method,
        cancellation_reason,
        description,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        amount_received as amount_received_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('canceled_at') }} as cancelled_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
