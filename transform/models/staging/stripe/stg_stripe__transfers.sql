{{ config(enabled='transfers' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'transfers'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as transfer_id,
        balance_transaction as balance_transaction_id,
        destination as destination_account_id,
        destination_payment as destination_payment_id,
        source_transaction as source_charge_id,
        transfer_group,
        -- attributes
        source_type,
        description,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        amount_reversed as amount_reversed_minor,
        -- flags
        reversed as is_reversed,
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
