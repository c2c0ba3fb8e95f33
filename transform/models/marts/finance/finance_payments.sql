{{ config(**built_by_key('charge_id', inputs='finance_payments_inputs()')) }}
{{ config(**laid_out('payment_date', data_type='date')) }}
with

payments as (
    select * from {{ ref('fct_payments') }}
),

customers as (
    select * from {{ ref('dim_customers') }} where is_current
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

final as (
    select
        -- ids
        payments.payment_key,
        payments.charge_id,
        payments.invoice_id,
        -- customer
        payments.customer_id,
        payments.customer_email,
        payments.customer_name,
        payments.customer_segment as segment_at_payment,
        customers.segment as segment_now,
        customers.company_name,
        customers.industry,
        customers.country_code,
        -- payment
        payments.payment_status,
        payments.payment_method_type,
        payments.is_paid,
        payments.is_disputed,
        -- money in the currency of the payment
        payments.currency,
        payments.gross_amount,
        payments.amount_refunded,
        payments.net_amount,
        -- money in the reporting currency, at the planning rate of the payment's month
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ convert_money('payments.gross_amount', 'rates.rate') }} as gross_amount_reporting,
        {{ convert_money('payments.net_amount', 'rates.rate') }} as net_amount_reporting,
        -- times (UTC)
        payments.created_at,
        payments.last_refunded_at,
        payments.payment_date,
        payments.payment_month,
        payments.payment_quarter
    from payments
    left join customers on payments.customer_id = customers.customer_id
    left join rates on {{ rate_at('payments.currency', 'payments.payment_month') }}
    where {{ is_affected('payments.charge_id') }}
)

select * from final
