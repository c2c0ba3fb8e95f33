{#-
    Rows of `int_payments_settled`: charges with what became of their money.

    Args:
        only: A condition on `charge_id`, put before the outer joins; see `orders_enriched`.
-#}
{% macro payments_settled(only=none) -%}
with

charges as (
    select * from {{ ref('stg_stripe__charges') }}
    {%- if only %}
    where {{ only }}
    {%- endif %}
),

refunds as (
    select * from {{ ref('stg_stripe__refunds') }}
),

invoice_payments as (
    select * from {{ ref('stg_stripe__invoice_payments') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

charge_refunds as (
    select
        charge_id,
        cast(
            sum(case when status = 'succeeded' then amount_minor else 0 end) as bigint
        ) as amount_refunded_minor,
        max(case when status = 'succeeded' then created_at end) as last_refunded_at,
        max(_buck_seq) as refund_seq,
        max(_buck_observed_at) as observed_at
    from refunds
    group by charge_id
),

intent_invoices as (
    select
        payment_intent_id,
        min(invoice_id) as invoice_id,
        max(_buck_seq) as invoice_payment_seq,
        max(_buck_observed_at) as observed_at
    from invoice_payments
    where payment_intent_id is not null
    group by payment_intent_id
),

joined as (
    select
        charges.*,
        currencies.exponent,
        case
            when charges.status = 'succeeded' then charges.amount_minor
            else 0
        end as gross_amount_minor,
        case
            when charges.status = 'succeeded' then coalesce(charge_refunds.amount_refunded_minor, 0)
            else 0
        end as settled_refund_minor,
        charge_refunds.last_refunded_at,
        charge_refunds.refund_seq,
        charge_refunds.observed_at as refund_observed_at,
        intent_invoices.invoice_id,
        intent_invoices.invoice_payment_seq,
        intent_invoices.observed_at as invoice_payment_observed_at
    from charges
    left join charge_refunds on charges.charge_id = charge_refunds.charge_id
    left join intent_invoices on charges.payment_intent_id = intent_invoices.payment_intent_id
    left join currencies on charges.currency = currencies.code
),

final as (
    select
        -- ids
        charge_id,
        payment_intent_id,
        invoice_id,
        balance_transaction_id,
        stripe_customer_id,
        payer_id,
        -- status
        status = 'succeeded' as is_paid,
        status = 'succeeded'
            and settled_refund_minor > 0
            and settled_refund_minor >= amount_minor as is_refunded,
        is_disputed,
        case
            when status <> 'succeeded' then status
            when settled_refund_minor = 0 then 'completed'
            when settled_refund_minor >= amount_minor then 'refunded'
            else 'partially_refunded'
        end as payment_status,
        failure_code,
        payment_method_type,
        -- money
        currency,
        {{ money('amount_minor', 'exponent') }} as amount,
        {{ money('gross_amount_minor', 'exponent') }} as gross_amount,
        {{ money('settled_refund_minor', 'exponent') }} as amount_refunded,
        {{ money('gross_amount_minor - settled_refund_minor', 'exponent') }} as net_amount,
        amount_minor,
        gross_amount_minor,
        settled_refund_minor as amount_refunded_minor,
        gross_amount_minor - settled_refund_minor as net_amount_minor,
        -- times (UTC)
        created_at,
        last_refunded_at,
        -- arrival
        _buck_seq as charge_seq,
        refund_seq,
        invoice_payment_seq,
        {{ greatest_of(
            ['_buck_observed_at', 'refund_observed_at', 'invoice_payment_observed_at']
        ) }} as observed_at
    from joined
)

select * from final
{%- endmacro %}
