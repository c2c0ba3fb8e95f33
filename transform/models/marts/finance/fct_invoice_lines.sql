with

lines as (
    select * from {{ ref('stg_stripe__invoice_line_items') }}
),

invoices as (
    select * from {{ ref('fct_invoices') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

-- An article is a product in one currency; a product of Stripe alone has all of them.
articles as (
    select
        stripe_product_id,
        currency,
        min(product_key) as product_key
    from products
    where stripe_product_id is not null
      and source = 'app'
    group by
        stripe_product_id,
        currency
),

plans as (
    select
        stripe_product_id,
        product_key
    from products
    where source = 'stripe'
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
