{#-
    Rows of `int_balance_transactions_attributed`: movements of the balance with what they belong to.

    Args:
        only: A condition on `balance_transaction_id`, put before the outer joins; see `orders_enriched`.
-#}
{% macro balance_transactions_attributed(only=none) -%}
with

movements as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
    {%- if only %}
    where {{ only }}
    {%- endif %}
),

refunds as (
    select * from {{ ref('stg_stripe__refunds') }}
),

disputes as (
    select * from {{ ref('stg_stripe__disputes') }}
),

payouts as (
    select * from {{ ref('stg_stripe__payouts') }}
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

test_mode as (
    select id as source_id from {{ source('stripe', 'charges') }} where not livemode
    {{ union_distinct() }}
    select id as source_id from {{ source('stripe', 'disputes') }} where not livemode
    {{ union_distinct() }}
    select id as source_id from {{ source('stripe', 'payouts') }} where not livemode
),

attributed as (
    select
        movements.*,
        coalesce(charges.charge_id, refunds.charge_id, disputes.charge_id) as charge_id,
        refunds.refund_id,
        disputes.dispute_id,
        payouts.payout_id
    from movements
    left join charges on movements.source_id = charges.charge_id
    left join refunds on movements.source_id = refunds.refund_id
    left join disputes on movements.source_id = disputes.dispute_id
    left join payouts on movements.source_id = payouts.payout_id
),

final as (
    select
        -- ids
        balance_transaction_id,
        source_id,
        charge_id,
        refund_id,
        dispute_id,
        payout_id,
        -- attributes
        transaction_type,
        reporting_category,
        -- money (minor units)
        currency,
        amount_minor,
        fee_minor,
        net_minor,
        -- times (UTC)
        created_at,
        available_at
    from attributed
    where coalesce(charge_id, source_id, 'none') not in (select test_mode.source_id from test_mode)
)

select * from final
{%- endmacro %}
