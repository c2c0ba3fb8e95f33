{#-
    Rows `order_id`, `customer_order_number`: the place of an order among its customer's. Cancelled
    orders and those of nobody known have none.

    Args:
        customers: A query for some customers, for their orders alone; none for everybody's.
-#}
{% macro orders_numbered(customers=none) -%}
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
    {%- if customers %}
      and orders.user_id in ({{ users_of(customers) | indent(10) }})
    {%- endif %}
) as owned
{%- endmacro %}


{#- A query for the numbers of all users of the app that are one of some customers. -#}
{% macro users_of(customers) -%}
select users.user_id
from {{ ref('stg_app__user_versions') }} as users
inner join {{ ref('int_identities_linked') }} as linked
    on linked.source = 'app'
    and {{ as_text('users.user_id') }} = linked.source_id
where linked.customer_id in ({{ customers }})
{%- endmacro %}
