-- The months add up to the payments, and refunds by month of the charge to those by month of the
-- refund.
with

months as (
    select
        currency,
        sum(gross_amount) as gross_amount,
        sum(refunds) as refunds,
        sum(refunds_cash) as refunds_cash,
        sum(payment_count) as payment_count
    from {{ ref('agg_monthly_revenue') }}
    group by currency
),

payments as (
    select
        currency,
        sum(gross_amount) as gross_amount,
        sum(amount_refunded) as refunds,
        sum(case when is_paid then 1 else 0 end) as payment_count
    from {{ ref('fct_payments') }}
    group by currency
),

final as (
    select
        payments.currency,
        payments.gross_amount,
        months.gross_amount as months_gross_amount,
        payments.refunds,
        months.refunds as months_refunds,
        months.refunds_cash as months_refunds_cash
    from payments
    left join months on payments.currency = months.currency
    where payments.gross_amount <> coalesce(months.gross_amount, 0)
       or payments.refunds <> coalesce(months.refunds, 0)
       or payments.refunds <> coalesce(months.refunds_cash, 0)
       or payments.payment_count <> coalesce(months.payment_count, 0)
)

select * from final
