with

source as (
    {{ newest_versions(source('stripe', 'invoice_payments'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as invoice_payment_id,
        invoice as invoice_id,
        {{ json_text('payment', 'payment_intent') }} as payment_intent_id,
        {{ json_text('payment', 'charge') }} as charge_id,
        -- attributes
        status,
        is_default,
        -- money (minor units)
        lower(currency) as currency,
        amount_requested as amount_requested_minor,
        amount_paid as amount_paid_minor,
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
