-- One row per payment and the order that it was for; payments of invoices have none.
with

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

orders as (
    select * from {{ ref('stg_app__orders') }}
),

final as (
    select
        {{ surrogate_key(['charges.charge_id', 'orders.order_id']) }} as payment_order_hash,
        {{ surrogate_key(['charges.charge_id']) }} as payment_hash,
        {{ surrogate_key(['orders.order_id']) }} as order_hash,
        charges._buck_observed_at as first_seen_at,
        'app' as record_source
    from charges
    inner join orders on charges.payment_intent_id = orders.payment_intent_id
)

select * from final
