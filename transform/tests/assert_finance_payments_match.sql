-- The wide table says of a payment what fct_payments says, of its customer what dim_customers says.
with

shown as {{ inlined() }} (
    select * from {{ ref('finance_payments') }}
),

customers as (
    select
        *,
        {{ hash_of(['segment', 'company_name', 'industry', 'country_code']) }} as hashed
    from {{ ref('dim_customers') }}
    where is_current
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

expected as {{ inlined() }} (
    select
        payments.*,
        payments.customer_segment as segment_at_payment,
        today.segment as segment_now,
        today.company_name,
        today.industry,
        today.country_code,
        today.hashed as today_hashed,
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ convert_money('payments.gross_amount', 'rates.rate') }} as gross_amount_reporting,
        {{ convert_money('payments.net_amount', 'rates.rate') }} as net_amount_reporting
    from {{ ref('fct_payments') }} as payments
    left join customers as today on payments.customer_id = today.customer_id
    left join rates on {{ rate_at('payments.currency', 'payments.payment_month') }}
)

{{ differing_rows(['charge_id'], [
    'payment_key', 'invoice_id', 'customer_id', 'customer_email', 'customer_name', 'segment_at_payment',
    'segment_now', 'company_name', 'industry', 'country_code', 'payment_status', 'payment_method_type',
    'is_paid', 'is_disputed', 'currency', 'gross_amount', 'amount_refunded', 'net_amount',
    'reporting_currency', 'gross_amount_reporting', 'net_amount_reporting', 'created_at',
    'last_refunded_at', 'payment_date', 'payment_month', 'payment_quarter',
], hashed_first=true, ready={
    'today_hashed': ['segment_now', 'company_name', 'industry', 'country_code'],
}) }}
