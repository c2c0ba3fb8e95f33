{{ config(**built_by_key('invoice_line_item_id', inputs='fct_invoice_lines_inputs()')) }}
{{ config(**laid_out('invoice_date', data_type='date')) }}
with

lines as (
    select * from {{ ref('stg_stripe__invoice_line_items') }}
    where {{ is_affected('invoice_line_item_id') }}
),

invoices as (
    select * from {{ ref('fct_invoices') }}
),

articles as (
    {{ articles_of_stripe_products() | indent(4) }}
),

plans as (
    {{ plans_of_stripe_products() | indent(4) }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['lines.invoice_id', 'lines.invoice_line_item_id']) }} as invoice_line_key,
        lines.invoice_line_item_id,
        invoices.invoice_key,
        lines.invoice_id,
        invoices.customer_id,
        invoices.customer_key,
        coalesce(lines.subscription_id, invoices.subscription_id) as subscription_id,
        lines.subscription_item_id,
        lines.price_id,
        coalesce(articles.product_key, plans.product_key) as product_key,
        lines.stripe_product_id,
        -- attributes
        lines.description,
        lines.is_proration,
        invoices.invoice_status,
        -- measures
        lines.quantity,
        lines.currency,
        {{ money('lines.subtotal_minor', 'currencies.exponent') }} as subtotal,
        {{ money('lines.amount_minor', 'currencies.exponent') }} as amount,
        lines.subtotal_minor,
        lines.amount_minor,
        -- times (UTC)
        lines.period_started_at,
        lines.period_ends_at,
        invoices.created_at,
        invoices.invoice_date,
        invoices.invoice_month
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    left join articles
        on lines.stripe_product_id = articles.stripe_product_id
        and lines.currency = articles.currency
    left join plans on lines.stripe_product_id = plans.stripe_product_id
    left join currencies on lines.currency = currencies.code
)

select * from final
