{{ config(**built_by_key('order_id', inputs='sales_orders_inputs()')) }}
{{ config(**laid_out('order_date', ['customer_id', 'placed_at'], data_type='date')) }}
with

orders as (
    {{ affected_or_all(
        orders_enriched(only=is_affected('order_id')),
        ref('int_orders_enriched'),
    ) | indent(4) }}
),

lines as (
    select * from {{ ref('fct_orders') }}
    {{ of_affected('order_id', 'orders') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
    {{ of_affected('payment_intent_id', 'orders') }}
),

{% if is_incremental() -%}
-- An order that is computed again for another reason keeps its number.
carried as (
    select * from {{ carried(this, 'customer_order_number') }}
),

renumbered as (
    select * from orders where order_id not in (select carried.order_id from carried)
),

-- An order's number hangs on all orders of its customer.
counted as (
    {{ orders_numbered(customers='select renumbered.customer_id from renumbered') | indent(4) }}
),

numbered as (
    select * from carried

    union all

    select * from counted where order_id not in (select carried.order_id from carried)
),

{%- else -%}
numbered as (
    {{ orders_numbered() | indent(4) }}
),

{%- endif %}

customers as (
    select * from {{ ref('dim_customers') }} where is_current
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

order_lines as (
    select
        order_id,
        count(*) as line_count,
        {{ sum_bigint('quantity') }} as item_quantity,
        {{ sum_money('line_amount') }} as order_amount,
        {{ sum_money('discount') }} as discount,
        {{ sum_money('revenue') }} as revenue,
        -- one line of unknown cost makes the order's cost unknown
        cast(case when count(cost) = count(*) then sum(cost) end as {{ money_type() }}) as cost
    from lines
    group by order_id
),

order_payments as (
    select
        payment_intent_id,
        {{ sum_money('gross_amount') }} as paid_amount,
        {{ sum_money('amount_refunded') }} as refunded_amount
    from payments
    where payment_intent_id is not null
    group by payment_intent_id
),

totalled as (
    select
        orders.*,
        coalesce(order_lines.line_count, 0) as line_count,
        coalesce(order_lines.item_quantity, 0) as item_quantity,
        -- coalesce and case lose the scale on PostgreSQL, which a second build would refuse
        cast(coalesce(order_lines.order_amount, 0) as {{ money_type() }}) as order_amount,
        cast(coalesce(order_lines.discount, 0) as {{ money_type() }}) as discount,
        cast(coalesce(order_lines.revenue, 0) as {{ money_type() }}) as revenue,
        cast(
            case when order_lines.order_id is null then 0 else order_lines.cost end
            as {{ money_type() }}
        ) as cost,
        cast(coalesce(order_payments.paid_amount, 0) as {{ money_type() }}) as paid_amount,
        cast(coalesce(order_payments.refunded_amount, 0) as {{ money_type() }}) as refunded_amount,
        numbered.customer_order_number
    from orders
    left join order_lines on orders.order_id = order_lines.order_id
    left join order_payments on orders.payment_intent_id = order_payments.payment_intent_id
    left join numbered on orders.order_id = numbered.order_id
),

final as (
    select
        -- ids
        totalled.order_id,
        totalled.customer_id,
        totalled.customer_key,
        totalled.user_id,
        totalled.payment_intent_id,
        -- customer
        totalled.customer_name,
        totalled.customer_segment as segment_at_order,
        customers.segment as segment_now,
        customers.company_name,
        customers.industry,
        customers.country_code,
        -- order
        totalled.channel,
        totalled.order_status,
        totalled.is_cancelled,
        totalled.customer_order_number,
        coalesce(totalled.customer_order_number = 1, false) as is_first_order,
        -- counts
        totalled.line_count,
        totalled.item_quantity,
        -- money in the currency of the order
        totalled.currency,
        totalled.order_amount,
        totalled.discount,
        totalled.revenue,
        totalled.cost,
        cast(totalled.revenue - totalled.cost as {{ money_type() }}) as profit,
        totalled.paid_amount,
        totalled.refunded_amount,
        -- money in the reporting currency, at the planning rate of the order's month
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ convert_money('totalled.revenue', 'rates.rate') }} as revenue_reporting,
        {{ convert_money('totalled.revenue - totalled.cost', 'rates.rate') }} as profit_reporting,
        -- times (UTC)
        totalled.placed_at,
        totalled.order_date,
        totalled.order_month,
        totalled.order_quarter
    from totalled
    left join customers on totalled.customer_id = customers.customer_id
    left join rates on {{ rate_at('totalled.currency', 'totalled.order_month') }}
)

select * from final
