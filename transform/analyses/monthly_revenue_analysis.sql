-- Revenue per UTC month and currency, with the change against the month before.
with

payments as (
    select * from {{ ref('fct_payments') }}
),

months as (
    select
        payment_month as revenue_month,
        currency,
        {{ metric_value('gross_revenue') }} as gross_revenue,
        {{ metric_value('refunds') }} as refunds,
        {{ metric_value('net_revenue') }} as net_revenue,
        {{ metric_value('refund_rate') }} as refund_rate,
        {{ metric_value('active_customers') }} as active_customers
    from payments
    group by
        payment_month,
        currency
),

final as (
    select
        revenue_month,
        currency,
        gross_revenue,
        refunds,
        net_revenue,
        refund_rate,
        active_customers,
        net_revenue - lag(net_revenue) over (
            partition by currency order by revenue_month
        ) as net_revenue_change
    from months
)

select * from final
order by
    currency,
    revenue_month
