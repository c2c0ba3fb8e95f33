{{ config(enabled='credit_notes' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'credit_notes'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as credit_note_id,
        customer as stripe_customer_id,
        invoice as invoice_id,
        number as credit_note_number,
        -- attributes
        status,
        type as credit_note_type,
        reason,
        -- money (minor units)
        lower(currency) as currency,
        subtotal as subtotal_minor,
        discount_amount as discount_minor,
        total as total_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('effective_at') }} as effective_at,
        {{ from_unix('voided_at') }} as voided_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
