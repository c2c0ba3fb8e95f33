{#- A movement's own versions, those of what it books, the payment that it goes back to, and who paid. -#}
{% macro fct_balance_transactions_inputs() -%}
    {%- set of_sources -%}
        select balance_transaction_id
        from {{ ref('stg_stripe__balance_transactions') }}
        where source_id in (select id from {changed} as changed)
    {%- endset -%}
    {%- set of_charges -%}
        select movements.balance_transaction_id
        from {{ ref('stg_stripe__balance_transactions') }} as movements
        left join {{ ref('stg_stripe__refunds') }} as refunds on movements.source_id = refunds.refund_id
        left join {{ ref('stg_stripe__disputes') }} as disputes
            on movements.source_id = disputes.dispute_id
        where coalesce(refunds.charge_id, disputes.charge_id, movements.source_id) in (
            select affected_key from {changed} as changed
        )
    {%- endset -%}
    {%- set paid_by_others -%}
        select built.balance_transaction_id
        from {{ this }} as built
        left join {{ ref('dim_customers') }} as customers
            on {{ customer_at('built.customer_id', 'built.created_at') }}
        where {{ is_distinct('built.customer_key', 'customers.customer_key') }}
    {%- endset -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_stripe__balance_transactions'), key='balance_transaction_id'),
            built_input(ref('stg_stripe__charges'), key='charge_id', via=of_charges),
            built_input(ref('fct_payments'), key='charge_id', via=of_charges),
            log_input(source('stripe', 'refunds'), via=of_sources),
            log_input(source('stripe', 'disputes'), via=of_sources),
            log_input(source('stripe', 'payouts'), via=of_sources),
        ],
        'differs': [differing(paid_by_others, [ref('dim_customers')])],
        'stamp': 'created_at',
    }) }}
{%- endmacro %}
