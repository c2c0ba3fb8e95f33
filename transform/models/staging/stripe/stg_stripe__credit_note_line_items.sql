{{ config(enabled='credit_note_line_items' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'credit_note_line_items'), ['credit_note', 'id']) }}
),

renamed as (
    select
        -- ids
        credit_note as credit_note_id,
        id as credit_note_line_item_id,
        invoice_line_item as invoice_line_item_id,
        -- attributes
        type as line_type,
        description,
        quantity,
        -- money (minor units of the credit note's currency)
        amount as amount_minor,
        discount_amount as discount_minor,
        unit_amount as unit_amount_minor,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
