-- Every staging model has one row per key and no row without one. One test for all of them: a build
-- has a view per landed table, and a test per view would take longer than the models.
{%- set keys = {
    'stg_stripe__customers': ['stripe_customer_id'],
    'stg_stripe__products': ['stripe_product_id'],
    'stg_stripe__prices': ['price_id'],
    'stg_stripe__subscriptions': ['subscription_id'],
    'stg_stripe__subscription_items': ['subscription_id', 'subscription_item_id'],
    'stg_stripe__invoices': ['invoice_id'],
    'stg_stripe__invoice_line_items': ['invoice_id', 'invoice_line_item_id'],
    'stg_stripe__invoice_payments': ['invoice_payment_id'],
    'stg_stripe__charges': ['charge_id'],
    'stg_stripe__payment_intents': ['payment_intent_id'],
    'stg_stripe__refunds': ['refund_id'],
    'stg_stripe__disputes': ['dispute_id'],
    'stg_stripe__balance_transactions': ['balance_transaction_id'],
    'stg_stripe__payouts': ['payout_id'],
    'stg_stripe__events': ['event_id'],
    'stg_stripe__subscription_events': ['event_id'],
    'stg_stripe__subscription_versions': ['subscription_id', 'version_number'],
    'stg_stripe__subscription_item_versions': [
        'subscription_id', 'subscription_item_id', 'version_number'
    ],
    'stg_salesforce__accounts': ['account_id'],
    'stg_salesforce__contacts': ['contact_id'],
    'stg_salesforce__leads': ['lead_id'],
    'stg_salesforce__opportunities': ['opportunity_id'],
    'stg_salesforce__opportunity_line_items': ['opportunity_line_item_id'],
    'stg_salesforce__opportunity_history': ['opportunity_history_id'],
    'stg_salesforce__campaigns': ['campaign_id'],
    'stg_salesforce__campaign_members': ['campaign_member_id'],
    'stg_salesforce__users': ['salesforce_user_id'],
    'stg_salesforce__products': ['product_id'],
    'stg_salesforce__field_descriptions': ['object_name', 'field_name'],
    'stg_app__organisations': ['organisation_id'],
    'stg_app__users': ['user_id'],
    'stg_app__products': ['product_id'],
    'stg_app__orders': ['order_id'],
    'stg_app__order_items': ['order_item_id'],
    'stg_app__usage_events': ['usage_event_id'],
} %}
{%- for model, columns in keys.items() %}
select
    '{{ model }}' as model,
    {% for column in columns -%}
    coalesce({{ as_text(column) }}, '(null)'){% if not loop.last %} || ' / ' || {% endif %}
    {%- endfor %} as key,
    count(*) as row_count
from {{ ref(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns %}
    or {{ column }} is null
{%- endfor %}
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
