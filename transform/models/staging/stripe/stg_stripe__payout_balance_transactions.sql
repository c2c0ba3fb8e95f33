{{ config(enabled='payout_balance_transactions' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'payout_balance_transactions'), ['payout', 'balance_transaction']) }}
),

renamed as (
    select
        -- ids
        payout as payout_id,
        balance_transaction as balance_transaction_id,
        source as source_id,
        -- attributes
        type as transaction_type,
        reporting_category,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        fee as fee_minor,
        net as net_minor,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
