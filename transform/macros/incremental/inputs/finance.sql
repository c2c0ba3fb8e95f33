{#- The payers that changed charges name, and those that they named before. -#}
{% macro int_payers_inferred_inputs() -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_stripe__charges'), key='charge_id', group='payer_id'),
        ],
        'compares': true,
        'stamp': 'first_paid_at',
    }) }}
{%- endmacro %}


{#- A charge's own versions, the refunds that ever named it, its invoice's payment, and who paid. -#}
{% macro fct_payments_inputs() -%}
    {%- set charges_of_intents -%}
        select charge_id
        from {{ ref('stg_stripe__charges') }}
        where payment_intent_id in (
            select {{ json_text('payment', 'payment_intent') }} from {changed} as changed
        )
    {%- endset -%}
    {%- set paid_by_others -%}
        select built.charge_id
        from {{ this }} as built
        left join {{ ref('int_identities_linked') }} as identities
            on identities.source = 'stripe'
            and built.payer_id = identities.source_id
        left join {{ ref('int_customers_versioned') }} as customers
            on {{ customer_at('identities.customer_id', 'built.created_at') }}
        where {{ is_distinct('built.customer_id', 'identities.customer_id') }}
           or {{ is_distinct('built.customer_key', 'customers.customer_key') }}
           or {{ is_distinct('built.customer_email', 'customers.email') }}
           or {{ is_distinct('built.customer_name', 'customers.name') }}
           or {{ is_distinct('built.customer_segment', 'customers.segment') }}
    {%- endset -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_stripe__charges'), key='charge_id'),
            log_input(source('stripe', 'refunds'), key='charge'),
            log_input(source('stripe', 'invoice_payments'), via=charges_of_intents),
        ],
        'differs': [differing(
            paid_by_others, [ref('int_identities_linked'), ref('int_customers_versioned')]
        )],
        'groups': ['payment_intent_id'],
        'young': 'payment_date >= ' ~ day_before(as_of(), var('incremental_lookback_days') | int),
    }) }}
{%- endmacro %}


{#- The payments that were built again, and those whose customer is another today. -#}
{% macro finance_payments_inputs() -%}
    {%- set of_changed_customers -%}
        select built.charge_id
        from {{ this }} as built
        left join {{ ref('dim_customers') }} as customers
            on built.customer_id = customers.customer_id
            and customers.is_current
        where {{ is_distinct('built.segment_now', 'customers.segment') }}
           or {{ is_distinct('built.company_name', 'customers.company_name') }}
           or {{ is_distinct('built.industry', 'customers.industry') }}
           or {{ is_distinct('built.country_code', 'customers.country_code') }}
    {%- endset -%}
    {{ return({
        'inputs': [built_input(ref('fct_payments'), key='charge_id')],
        'differs': [differing(of_changed_customers, [ref('dim_customers')])],
        'stamp': 'created_at',
    }) }}
{%- endmacro %}
