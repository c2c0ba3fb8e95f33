-- A movement begins where the customer's one before it ended; its name says which way it went.
with

movements as (
    select
        *,
        coalesce(
            lag(mrr_after_minor) over (partition by customer_id, currency order by movement_date), 0
        ) as earlier_minor,
        row_number() over (partition by customer_id, currency order by movement_date) as place
    from {{ ref('fct_mrr_movements') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

expected as (
    select
        movements.customer_id,
        movements.currency,
        movements.movement_date,
        {{ surrogate_key(['movements.customer_id', 'movements.currency', 'movements.movement_date']) }}
            as mrr_movement_key,
        customers.customer_key,
        {{ start_of('month', 'movements.movement_date') }} as movement_month,
        case
            when movements.place = 1 then 'new'
            when movements.earlier_minor = 0 then 'reactivation'
            when movements.mrr_after_minor = 0 then 'churn'
            when movements.mrr_after_minor > movements.earlier_minor then 'expansion'
            else 'contraction'
        end as movement_type,
        movements.earlier_minor as mrr_before_minor,
        movements.mrr_after_minor - movements.earlier_minor as mrr_change_minor,
        {{ money('movements.earlier_minor', 'currencies.exponent') }} as mrr_before,
        {{ money('movements.mrr_after_minor', 'currencies.exponent') }} as mrr_after,
        {{ money('movements.mrr_after_minor - movements.earlier_minor', 'currencies.exponent') }}
            as mrr_change
    from movements
    left join customers
        on movements.customer_id = customers.customer_id
        and {{ at_end_of('movements.movement_date') }}
    left join {{ ref('currencies') }} as currencies on movements.currency = currencies.code
),

shown as (
    select * from {{ ref('fct_mrr_movements') }}
)

{{ differing_rows(['customer_id', 'currency', 'movement_date'], [
    'mrr_movement_key', 'customer_key', 'movement_month', 'movement_type', 'mrr_before_minor',
    'mrr_change_minor', 'mrr_before', 'mrr_after', 'mrr_change',
]) }}
