-- The metrics, computed from payments, are the figures that agg_monthly_revenue shows.
with

payments as (
    select * from {{ ref('fct_payments') }}
),

months as (
    select * from {{ ref('agg_monthly_revenue') }}
),

measured as (
    select
        payment_month,
        currency,
        {{ metric_value('gross_revenue') }} as gross_revenue,
        {{ metric_value('net_revenue') }} as net_revenue,
        {{ metric_value('payments_succeeded') }} as payments_succeeded
    from payments
    group by
        payment_month,
        currency
)

select
    months.revenue_month,
    months.currency,
    months.gross_amount,
    measured.gross_revenue,
    months.net_amount,
    measured.net_revenue
from months
left join measured
    on months.revenue_month = measured.payment_month
    and months.currency = measured.currency
where months.gross_amount <> coalesce(measured.gross_revenue, 0)
   or months.net_amount <> coalesce(measured.net_revenue, 0)
   or months.payment_count <> coalesce(measured.payments_succeeded, 0)
