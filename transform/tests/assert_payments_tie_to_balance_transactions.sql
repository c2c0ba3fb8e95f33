-- What the payments say was collected and given back is what Stripe booked on the balance, charge by
-- charge and to the minor unit. Test-mode movements book to charges that are not in fct_payments.
with

payments as (
    select * from {{ ref('fct_payments') }}
),

refunds as (
    select * from {{ ref('stg_stripe__refunds') }}
),

test_charges as (
    select id as charge_id
    from {{ source('stripe', 'charges') }}
    where not livemode
),

movements as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
),

booked as (
    select
        source_id as charge_id,
        currency,
        amount_minor as gross_minor,
        0 as refunded_minor
    from movements
    where transaction_type in ('charge', 'payment')

    union all

    select
        coalesce(refunds.charge_id, movements.source_id) as charge_id,
        movements.currency,
        0 as gross_minor,
        -movements.amount_minor as refunded_minor
    from movements
    left join refunds on movements.source_id = refunds.refund_id
    where movements.transaction_type in (
        'refund', 'payment_refund', 'refund_failure', 'payment_failure_refund'
    )
),

booked_by_charge as (
    select
        charge_id,
        min(currency) as currency,
        sum(gross_minor) as gross_minor,
        sum(refunded_minor) as refunded_minor
    from booked
    where charge_id not in (select test_charges.charge_id from test_charges)
    group by charge_id
),

final as (
    select
        coalesce(payments.charge_id, booked_by_charge.charge_id) as charge_id,
        coalesce(payments.currency, booked_by_charge.currency) as currency,
        payments.gross_amount_minor,
        booked_by_charge.gross_minor as booked_gross_minor,
        payments.amount_refunded_minor,
        booked_by_charge.refunded_minor as booked_refunded_minor
    from payments
    full outer join booked_by_charge on payments.charge_id = booked_by_charge.charge_id
    where coalesce(payments.gross_amount_minor, 0) <> coalesce(booked_by_charge.gross_minor, 0)
       or coalesce(payments.amount_refunded_minor, 0) <> coalesce(booked_by_charge.refunded_minor, 0)
       or (payments.is_paid and {{ is_distinct('payments.currency', 'booked_by_charge.currency') }})
)

select * from final
