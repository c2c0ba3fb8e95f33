-- Revenue by day and by month is what payments, refunds and disputes of that time add up to.
with

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

entries as (
    select
        payments.payment_date as day,
        payments.currency,
        coalesce(payments.customer_segment, 'None') as segment,
        payments.gross_amount as gross,
        payments.amount_refunded as refunds,
        0 as refunds_cash,
        coalesce(movements.fee, 0) as fees,
        0 as disputes_lost,
        0 as dispute_fees,
        1 as payment_count,
        case when payments.amount_refunded > 0 then 1 else 0 end as refunded_count,
        0 as refund_count
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('fct_balance_transactions') }} as movements
        on payments.balance_transaction_id = movements.balance_transaction_id
    where payments.is_paid

    union all

    select
        refunds.refund_date as day,
        refunds.currency,
        coalesce(customers.segment, 'None') as segment,
        0 as gross,
        0 as refunds,
        refunds.amount_refunded as refunds_cash,
        0 as fees,
        0 as disputes_lost,
        0 as dispute_fees,
        0 as payment_count,
        0 as refunded_count,
        1 as refund_count
    from {{ ref('fct_refunds') }} as refunds
    left join {{ ref('dim_customers') }} as customers on refunds.customer_key = customers.customer_key
    where refunds.is_succeeded

    union all

    select
        disputes.dispute_date as day,
        disputes.currency,
        coalesce(customers.segment, 'None') as segment,
        0 as gross,
        0 as refunds,
        0 as refunds_cash,
        0 as fees,
        disputes.amount_lost as disputes_lost,
        disputes.fee as dispute_fees,
        0 as payment_count,
        0 as refunded_count,
        0 as refund_count
    from {{ ref('fct_disputes') }} as disputes
    left join {{ ref('dim_customers') }} as customers on disputes.customer_key = customers.customer_key
),

summed as (
    select
        day as revenue_date,
        {{ start_of('month', 'day') }} as revenue_month,
        currency,
        segment as customer_segment,
        {{ sum_money('gross') }} as gross_amount,
        {{ sum_money('refunds') }} as refunds,
        {{ sum_money('refunds_cash') }} as refunds_cash,
        {{ sum_money('fees') }} as fees,
        {{ sum_money('disputes_lost') }} as disputes_lost,
        {{ sum_money('dispute_fees') }} as dispute_fees,
        sum(payment_count) as payment_count,
        sum(refund_count) as refund_count
    from entries
    group by
        day,
        currency,
        segment
),

expected as (
    select
        summed.*,
        {{ surrogate_key(['summed.revenue_date', 'summed.currency', 'summed.customer_segment']) }}
            as revenue_key,
        summed.gross_amount - summed.refunds as net_amount,
        summed.gross_amount - summed.refunds_cash as net_cash,
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ convert_money('summed.gross_amount', 'rates.rate') }} as gross_amount_reporting,
        {{ convert_money('summed.gross_amount - summed.refunds', 'rates.rate') }} as net_amount_reporting
    from summed
    left join rates on {{ rate_at('summed.currency', 'summed.revenue_month') }}
),

shown as (
    select * from {{ ref('finance_revenue') }}
)

{{ differing_rows(['revenue_date', 'currency', 'customer_segment'], [
    'revenue_key', 'revenue_month', 'gross_amount', 'refunds', 'net_amount', 'fees', 'refunds_cash',
    'net_cash', 'disputes_lost', 'dispute_fees', 'reporting_currency', 'gross_amount_reporting',
    'net_amount_reporting', 'payment_count', 'refund_count',
]) }}
