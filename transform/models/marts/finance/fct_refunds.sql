with

refunds as (
    select * from {{ ref('stg_stripe__refunds') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

movements as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

-- A refund to a bank account is pending for days: its money moves when the balance says so.
dated as (
    select
        refunds.*,
        payments.payment_key,
        payments.customer_id,
        payments.payment_date,
        currencies.exponent,
        refunds.status = 'succeeded' and payments.is_paid as is_succeeded,
        coalesce(movements.created_at, refunds.created_at) as booked_at,
        {{ utc_date('coalesce(movements.created_at, refunds.created_at)') }} as refund_date
    from refunds
    inner join payments on refunds.charge_id = payments.charge_id
    left join movements on refunds.balance_transaction_id = movements.balance_transaction_id
    left join currencies on refunds.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['dated.refund_id']) }} as refund_key,
        dated.refund_id,
        dated.payment_key,
        dated.charge_id,
        dated.customer_id,
        customers.customer_key,
        dated.balance_transaction_id,
        -- measures
        dated.currency,
        {{ money('dated.amount_minor', 'dated.exponent') }} as amount,
        {{ money('case when dated.is_succeeded then dated.amount_minor else 0 end', 'dated.exponent') }}
            as amount_refunded,
        dated.amount_minor,
        case when dated.is_succeeded then dated.amount_minor else 0 end as amount_refunded_minor,
        -- status
        dated.is_succeeded,
        dated.status as refund_status,
        dated.reason,
        dated.failure_reason,
        -- times (UTC)
        dated.created_at,
        dated.booked_at,
        dated.refund_date,
        {{ start_of('month', 'dated.refund_date') }} as refund_month,
        dated.payment_date
    from dated
    left join customers on {{ customer_at('dated.customer_id', 'dated.created_at') }}
)

select * from final
