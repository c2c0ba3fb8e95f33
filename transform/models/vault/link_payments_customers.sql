-- One row per payment and the customer who made it.
with

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

final as (
    select
        {{ surrogate_key(['charges.charge_id', 'identities.customer_id']) }} as payment_customer_hash,
        {{ surrogate_key(['charges.charge_id']) }} as payment_hash,
        {{ surrogate_key(['identities.customer_id']) }} as customer_hash,
        charges._buck_observed_at as first_seen_at,
        'stripe' as record_source
    from charges
    inner join identities on charges.payer_id = identities.source_id
)

select * from final
