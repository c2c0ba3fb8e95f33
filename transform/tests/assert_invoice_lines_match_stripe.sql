-- Every line of a live invoice has Stripe's own values, and those of its invoice.
with

shown as (
    select * from {{ ref('fct_invoice_lines') }}
),

invoices as (
    select * from {{ ref('fct_invoices') }}
),

-- An article is a product in one currency; a product of Stripe alone has all of them.
products as (
    select
        stripe_product_id,
        currency,
        min(product_key) as product_key
    from {{ ref('dim_products') }}
    group by
        stripe_product_id,
        currency
),

expected as (
    select
        lines.*,
        {{ surrogate_key(['lines.invoice_id', 'lines.invoice_line_item_id']) }} as invoice_line_key,
        invoices.invoice_key,
        invoices.customer_id,
        invoices.customer_key,
        coalesce(lines.subscription_id, invoices.subscription_id) as billed_subscription_id,
        products.product_key,
        invoices.invoice_status,
        {{ money('lines.subtotal_minor', 'currencies.exponent') }} as subtotal,
        {{ money('lines.amount_minor', 'currencies.exponent') }} as amount,
        invoices.created_at,
        invoices.invoice_date,
        invoices.invoice_month
    from {{ ref('stg_stripe__invoice_line_items') }} as lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    left join products
        on lines.stripe_product_id = products.stripe_product_id
        and (products.currency is null or lines.currency = products.currency)
    left join {{ ref('currencies') }} as currencies on lines.currency = currencies.code
)

{{ differing_rows(['invoice_id', 'invoice_line_item_id'], [
    'invoice_line_key', 'invoice_key', 'customer_id', 'customer_key', 'subscription_item_id', 'price_id',
    'product_key', 'stripe_product_id', 'description', 'is_proration', 'invoice_status', 'quantity',
    'currency', 'subtotal', 'amount', 'subtotal_minor', 'amount_minor', 'period_started_at',
    'period_ends_at', 'created_at', 'invoice_date', 'invoice_month',
]) }}
   or {{ is_distinct('expected.billed_subscription_id', 'shown.subscription_id') }}
