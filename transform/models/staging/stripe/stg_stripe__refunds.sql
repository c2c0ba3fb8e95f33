with

source as (
    {{ newest_versions(source('stripe', 'refunds'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as refund_id,
        charge as charge_id,
        payment_intent as payment_intent_id,
        balance_transaction as balance_transaction_id,
        failure_balance_transaction as failure_balance_transaction_id,
        -- attributes
        status,
        reason,
        failure_reason,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
