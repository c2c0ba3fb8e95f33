-- Every key that names a row of a dimension finds it. One test for all of them, for the same reason as
-- assert_stripe_keys_are_sound. Lines of orders have their order's key: assert_orders_match_the_app.
{%- set customers = [
    'fct_refunds', 'fct_disputes', 'fct_balance_transactions', 'fct_invoices', 'fct_invoice_lines',
    'fct_subscriptions_daily', 'fct_mrr_movements', 'sales_orders', 'fct_opportunities', 'fct_attribution',
] %}
with

customers as (
    select * from {{ ref('dim_customers') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

currencies as (
    select * from {{ ref('dim_currency') }}
),

used as (
    {%- for fact in customers %}
    select distinct
        '{{ fact }}' as fact,
        customer_key,
        currency
    from {{ ref(fact) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select
    used.fact,
    'customer_key' as column_name,
    used.customer_key as value
from used
left join customers on used.customer_key = customers.customer_key
where used.customer_key is not null
  and customers.customer_key is null

union all

select
    used.fact,
    'currency' as column_name,
    used.currency as value
from used
left join currencies on used.currency = currencies.currency
where currencies.currency is null

union all

select
    'customer_360' as fact,
    'current_customer_key' as column_name,
    wide.current_customer_key as value
from {{ ref('customer_360') }} as wide
left join customers on wide.current_customer_key = customers.customer_key
where customers.customer_key is null

union all

select
    'fct_invoice_lines' as fact,
    'product_key' as column_name,
    lines.product_key as value
from {{ ref('fct_invoice_lines') }} as lines
left join products on lines.product_key = products.product_key
where lines.product_key is not null
  and products.product_key is null
