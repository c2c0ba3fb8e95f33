{{ config(**built_by_key('invoice_id', inputs='fct_invoices_inputs()')) }}
{{ config(**laid_out('invoice_date', data_type='date')) }}
with

invoices as (
    select * from {{ ref('stg_stripe__invoices') }}
    where {{ is_affected('invoice_id') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

joined as (
    select
        invoices.*,
        identities.customer_id,
        currencies.exponent,
        {{ utc_date('invoices.created_at') }} as invoice_date
    from invoices
    left join identities on invoices.stripe_customer_id = identities.source_id
    left join currencies on invoices.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['joined.invoice_id']) }} as invoice_key,
        joined.invoice_id,
        joined.invoice_number,
        joined.customer_id,
        customers.customer_key,
        joined.stripe_customer_id,
        joined.subscription_id,
        -- measures
        joined.currency,
        {{ money('joined.subtotal_minor', 'joined.exponent') }} as subtotal,
        {{ money('joined.total_minor', 'joined.exponent') }} as total,
        {{ money('joined.amount_due_minor', 'joined.exponent') }} as amount_due,
        {{ money('joined.amount_paid_minor', 'joined.exponent') }} as amount_paid,
        {{ money('joined.amount_remaining_minor', 'joined.exponent') }} as amount_remaining,
        joined.subtotal_minor,
        joined.total_minor,
        joined.amount_due_minor,
        joined.amount_paid_minor,
        joined.amount_remaining_minor,
        -- status
        joined.status as invoice_status,
        joined.status = 'paid' as is_paid,
        joined.billing_reason,
        joined.collection_method,
        -- times (UTC)
        joined.created_at,
        joined.finalised_at,
        joined.due_at,
        joined.paid_at,
        joined.voided_at,
        joined.period_started_at,
        joined.period_ends_at,
        joined.invoice_date,
        {{ start_of('month', 'joined.invoice_date') }} as invoice_month
    from joined
    left join customers on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

select * from final
