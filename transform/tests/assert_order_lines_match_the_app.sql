-- Every line of an order of the app is there, with the app's own values and what its product cost then.
with

shown as {{ inlined() }} (
    select * from {{ ref('fct_orders') }}
),

numbered as (
    select
        product_id,
        currency,
        unit_cost,
        became_true_at,
        lead(became_true_at) over (partition by product_id order by version_number) as ends_at,
        row_number() over (partition by product_id order by version_number) as place
    from {{ ref('stg_app__product_versions') }}
    where not is_deleted
),

-- With an `or` in the join below, DuckDB would compare every line with every version.
costs as (
    select
        product_id,
        currency,
        unit_cost,
        case when place = 1 then {{ start_of_time() }} else became_true_at end as starts_at,
        coalesce(ends_at, {{ end_of_time() }}) as ends_at
    from numbered
),

expected as {{ inlined() }} (
    select
        items.order_item_id,
        {{ surrogate_key(['items.order_item_id']) }} as order_item_key,
        items.order_id,
        items.product_id,
        items.quantity,
        items.unit_price,
        items.discount,
        items._buck_seq as order_item_seq,
        {{ greatest_of(['items._buck_observed_at', 'orders._buck_observed_at']) }} as buck_updated_at,
        case when costs.currency = orders.currency then costs.unit_cost end as unit_cost,
        case
            when orders.status = 'cancelled' then 0
            when costs.currency = orders.currency then {{ times('items.quantity', 'costs.unit_cost') }}
        end as cost
    from {{ ref('stg_app__order_items') }} as items
    inner join {{ ref('stg_app__orders') }} as orders on items.order_id = orders.order_id
    left join costs
        on items.product_id = costs.product_id
        and orders.placed_at >= costs.starts_at
        and orders.placed_at < costs.ends_at
)

{{ differing_rows(['order_item_id'], [
    'order_item_key', 'order_id', 'product_id', 'quantity', 'unit_price', 'discount', 'unit_cost', 'cost',
    'order_item_seq', 'buck_updated_at',
], hashed_first=true) }}
