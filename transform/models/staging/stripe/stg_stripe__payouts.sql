with

source as (
    {{ newest_versions(source('stripe', 'payouts'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as payout_id,
        balance_transaction as balance_transaction_id,
        failure_balance_transaction as failure_balance_transaction_id,
        original_payout as original_payout_id,
        -- attributes
        status,
        type as payout_type,
        method,
        failure_code,
        automatic as is_automatic,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('arrival_date') }} as arrives_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
