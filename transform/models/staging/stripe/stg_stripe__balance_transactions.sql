{{ config(**built_by_key('balance_transaction_id', inputs="newest_version_inputs(source('stripe', 'balance_transactions'))")) }}
with

source as (
    {{ newest_versions(source('stripe', 'balance_transactions'), ['id'], only=is_affected('id')) }}
),

renamed as (
    select
        -- ids
        id as balance_transaction_id,
        source as source_id,
        -- attributes
        type as transaction_type,
        reporting_category,
        description,
        -- money (minor units of the currency it settled in)
        lower(currency) as currency,
        amount as amount_minor,
        fee as fee_minor,
        net as net_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('available_on') }} as available_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
