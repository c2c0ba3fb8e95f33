{#-
    Rows of `int_payments_enriched`: settled charges with the customer as they were when they paid.

    Args:
        only: A condition on `charge_id`, put before the outer joins; see `orders_enriched`.
-#}
{% macro payments_enriched(only=none) -%}
with

payments as (
    {%- if only %}
    {{ payments_settled(only) | indent(4) }}
    {%- else %}
    select * from {{ ref('int_payments_settled') }}
    {%- endif %}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

customers as (
    select * from {{ ref('int_customers_versioned') }}
),

enriched as (
    select
        payments.*,
        identities.customer_id,
        customers.customer_key,
        customers.email as customer_email,
        customers.name as customer_name,
        customers.segment as customer_segment,
        {{ utc_date('payments.created_at') }} as payment_date
    from payments
    left join identities on payments.payer_id = identities.source_id
    left join customers on {{ customer_at('identities.customer_id', 'payments.created_at') }}
),

final as (
    select
        -- ids
        charge_id,
        customer_id,
        customer_key,
        payer_id,
        stripe_customer_id,
        payment_intent_id,
        invoice_id,
        balance_transaction_id,
        -- customer at the time of payment
        customer_email,
        customer_name,
        customer_segment,
        -- status
        is_paid,
        is_refunded,
        is_disputed,
        payment_status,
        failure_code,
        payment_method_type,
        -- money
        currency,
        amount,
        gross_amount,
        amount_refunded,
        net_amount,
        amount_minor,
        gross_amount_minor,
        amount_refunded_minor,
        net_amount_minor,
        -- times (UTC)
        created_at,
        last_refunded_at,
        payment_date,
        {{ start_of('month', 'payment_date') }} as payment_month,
        {{ start_of('quarter', 'payment_date') }} as payment_quarter,
        -- arrival
        charge_seq,
        refund_seq,
        invoice_payment_seq,
        observed_at
    from enriched
)

select * from final
{%- endmacro %}
