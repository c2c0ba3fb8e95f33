-- Every live invoice has Stripe's own values.
with

shown as (
    select * from {{ ref('fct_invoices') }}
),

payers as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

joined as (
    select
        invoices.*,
        payers.customer_id,
        currencies.exponent,
        {{ utc_date('invoices.created_at') }} as invoice_date
    from {{ ref('stg_stripe__invoices') }} as invoices
    left join payers on invoices.stripe_customer_id = payers.source_id
    left join {{ ref('currencies') }} as currencies on invoices.currency = currencies.code
),

expected as (
    select
        joined.*,
        {{ surrogate_key(['joined.invoice_id']) }} as invoice_key,
        customers.customer_key,
        joined.status as invoice_status,
        joined.status = 'paid' as is_paid,
        {{ start_of('month', 'joined.invoice_date') }} as invoice_month
        {%- for amount in ['subtotal', 'total', 'amount_due', 'amount_paid', 'amount_remaining'] %},
        {{ money('joined.' ~ amount ~ '_minor', 'joined.exponent') }} as {{ amount }}
        {%- endfor %}
    from joined
    left join {{ ref('dim_customers') }} as customers
        on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

{{ differing_rows(['invoice_id'], [
    'invoice_key', 'invoice_number', 'customer_id', 'customer_key', 'stripe_customer_id',
    'subscription_id', 'currency', 'subtotal', 'total', 'amount_due', 'amount_paid', 'amount_remaining',
    'subtotal_minor', 'total_minor', 'amount_due_minor', 'amount_paid_minor', 'amount_remaining_minor',
    'invoice_status', 'is_paid', 'billing_reason', 'collection_method', 'created_at', 'finalised_at',
    'due_at', 'paid_at', 'voided_at', 'period_started_at', 'period_ends_at', 'invoice_date',
    'invoice_month',
]) }}
