-- Every staging model of Stripe has one row per key and no row without one.
{{ unsound_keys({
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
}) }}
