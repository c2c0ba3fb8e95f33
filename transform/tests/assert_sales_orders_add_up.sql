-- An order is what its lines and payments add up to, and a customer's orders are numbered as they were
-- placed.
{%- set of_lines = {
    'line_count': 'coalesce(lines.line_count, 0)',
    'item_quantity': 'coalesce(lines.item_quantity, 0)',
    'order_amount': 'coalesce(lines.order_amount, 0)',
    'discount': 'coalesce(lines.discount, 0)',
    'revenue': 'coalesce(lines.revenue, 0)',
    'cost': '(case when lines.order_id is null then 0 else lines.cost end)',
} %}
{%- set of_payments = {
    'paid_amount': 'coalesce(payments.paid_amount, 0)',
    'refunded_amount': 'coalesce(payments.refunded_amount, 0)',
    'profit': '(shown.revenue - shown.cost)',
} %}
with

shown as {{ inlined() }} (
    select * from {{ ref('sales_orders') }}
),

parts as {{ inlined() }} (
    select * from {{ ref('fct_orders') }}
)

{#- Of an order of unknown cost, most often the cost of all lines is unknown. -#}
{{- odd_sums('order_id', parts='parts', sums='shown', columns={
    'line_count': '1',
    'item_quantity': 'quantity',
    'order_amount': 'line_amount',
    'discount': 'discount',
    'revenue': 'revenue',
    'coalesce(cost, 0)': 'cost',
    'case when cost is null then line_count else 0 end': 'cast(cost is null as integer)',
}) }},

lines as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity) as item_quantity,
        sum(line_amount) as order_amount,
        sum(discount) as discount,
        sum(revenue) as revenue,
        case when count(cost) = count(*) then sum(cost) end as cost
    from parts
    {{ where_odd('order_id') }}
    group by order_id
),

payments as (
    select
        payment_intent_id,
        sum(gross_amount) as paid_amount,
        sum(amount_refunded) as refunded_amount
    from {{ ref('fct_payments') }}
    group by payment_intent_id
),

numbered as (
    select
        order_id,
        customer_order_number,
        case
            when not is_cancelled and customer_id is not null
                then row_number() over (
                    partition by customer_id, is_cancelled
                    order by placed_at nulls last, order_id nulls last
                )
        end as place
    from shown
)

select
    shown.order_id,
    {{ differing_cells(of_lines) }} as finding
from (select * from shown {{ where_odd('order_id') }}) as shown
left join lines on shown.order_id = lines.order_id
where {{ a_cell_differs(of_lines) }}

union all

select
    shown.order_id,
    {{ differing_cells(of_payments) }} as finding
from shown
left join payments on shown.payment_intent_id = payments.payment_intent_id
where {{ a_cell_differs(of_payments) }}

union all

select
    order_id,
    ' customer_order_number' as finding
from numbered
where {{ is_distinct('place', 'customer_order_number') }}
