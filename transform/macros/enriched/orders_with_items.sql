{#-
    Rows of `int_orders_with_items`: lines of orders with what the product cost on that day.

    Args:
        only: A condition on `order_item_id`, put before the outer joins; see `orders_enriched`.
-#}
{% macro orders_with_items(only=none) -%}
with

items as (
    select * from {{ ref('stg_app__order_items') }}
    {%- if only %}
    where {{ only }}
    {%- endif %}
),

orders as (
    {%- if only %}
    {{ orders_enriched(only='order_id in (select items.order_id from items)') | indent(4) }}
    {%- else %}
    select * from {{ ref('int_orders_enriched') }}
    {%- endif %}
),

product_log as (
    select * from {{ ref('stg_app__product_versions') }} where not is_deleted
),

-- An order older than all that is known of its product takes the first version.
product_versions as (
    select
        product_id,
        currency,
        unit_cost,
        case
            when row_number() over (partition by product_id order by version_number) = 1
                then {{ start_of_time() }}
            else became_true_at
        end as valid_from,
        coalesce(
            lead(became_true_at) over (partition by product_id order by version_number),
            {{ end_of_time() }}
        ) as valid_to
    from product_log
),

products as (
    select * from {{ ref('int_products_unified') }} where source = 'app'
),

joined as (
    select
        items.order_item_id,
        items.product_id,
        products.product_key,
        orders.*,
        items.quantity,
        items.unit_price,
        items.discount,
        {{ as_money(times('items.quantity', 'items.unit_price') ~ ' - items.discount') }}
            as line_amount,
        -- a cost in another currency than the order's is no cost of this line
        cast(
            case when product_versions.currency = orders.currency then product_versions.unit_cost end
            as {{ money_type() }}
        ) as unit_cost,
        items._buck_seq as order_item_seq,
        {{ greatest_of(['items._buck_observed_at', 'orders.observed_at']) }} as line_observed_at
    from items
    inner join orders on items.order_id = orders.order_id
    left join product_versions
        on items.product_id = product_versions.product_id
        and orders.placed_at >= product_versions.valid_from
        and orders.placed_at < product_versions.valid_to
    left join products on items.product_id = products.app_product_id
),

earned as (
    select
        *,
        case when is_cancelled then 0 else line_amount end as revenue,
        case when is_cancelled then 0 else {{ times('quantity', 'unit_cost') }} end as cost
    from joined
),

final as (
    select
        -- ids
        order_item_id,
        order_id,
        user_id,
        product_id,
        product_key,
        customer_id,
        customer_key,
        payment_intent_id,
        -- customer at the time of the order
        customer_segment,
        -- attributes
        channel,
        order_status,
        is_cancelled,
        -- money
        currency,
        quantity,
        unit_price,
        discount,
        line_amount,
        cast(revenue as {{ money_type() }}) as revenue,
        unit_cost,
        cast(cost as {{ money_type() }}) as cost,
        cast(revenue - cost as {{ money_type() }}) as profit,
        -- times (UTC)
        placed_at,
        order_date,
        order_month,
        -- arrival
        order_seq,
        order_item_seq,
        line_observed_at as observed_at
    from earned
)

select * from final
{%- endmacro %}
