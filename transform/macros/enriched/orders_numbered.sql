{#-
    Rows `order_id`, `customer_order_number`: the place of an order among its customer's. Cancelled
    orders and those of nobody known have none.

    Args:
        only: A condition on `customer_id`, for the orders of some customers alone.
-#}
{% macro orders_numbered(only=none) -%}
select
    order_id,
    row_number() over (
        partition by customer_id
        order by placed_at nulls last, order_id
    ) as customer_order_number
from (
    select
        orders.order_id,
        identities.customer_id,
        orders.placed_at
    from {{ ref('stg_app__orders') }} as orders
    inner join {{ ref('int_identities_linked') }} as identities
        on identities.source = 'app'
        and {{ as_text('orders.user_id') }} = identities.source_id
    where coalesce(orders.status, 'unknown') <> 'cancelled'
) as owned
{%- if only %}
where {{ only }}
{%- endif %}
{%- endmacro %}
