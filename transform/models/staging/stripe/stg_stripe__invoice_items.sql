{{ config(enabled='invoiceitems' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'invoiceitems'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as invoice_item_id,
        customer as stripe_customer_id,
        invoice as invoice_id,
        -- attributes
        description,
        quantity,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        net_amount as net_amount_minor,
        -- flags
        proration as is_proration,
        discountable as is_discountable,
        -- times (UTC)
        {{ from_unix('date') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
