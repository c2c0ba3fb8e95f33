{{ config(**built_by_key('charge_id', inputs="newest_version_inputs(source('stripe', 'charges'), groups=['payer_id'])")) }}
with

source as (
    {{ newest_versions(source('stripe', 'charges'), ['id'], only=is_affected('id')) }}
),

renamed as (
    select
        -- ids
        id as charge_id,
        customer as stripe_customer_id,
        payment_intent as payment_intent_id,
        balance_transaction as balance_transaction_id,
        {{ json_text('metadata', 'order_id') }} as order_id,
        -- status
        status,
        failure_code,
        paid as is_paid,
        captured as is_captured,
        refunded as is_refunded,
        disputed as is_disputed,
        -- payment details
        {{ json_text('payment_method_details', 'type') }} as payment_method_type,
        {{ normalised_email(first_text(json_text('billing_details', 'email'), 'receipt_email')) }}
            as billing_email,
        {{ json_text('billing_details', 'name') }} as billing_name,
        {{ json_text('billing_details', 'address.country') }} as billing_country_code,
        description,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        amount_captured as amount_captured_minor,
        amount_refunded as amount_refunded_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
),

final as (
    select
        *,
        -- who paid, as customers are known among Stripe's ids: a guest is known by the address
        coalesce(stripe_customer_id, 'guest:' || coalesce(billing_email, charge_id)) as payer_id
    from renamed
)

select * from final
