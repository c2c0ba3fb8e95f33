{{ config(**built_by_key('charge_id', inputs='fct_payments_inputs()')) }}
{{ config(**laid_out('payment_date', data_type='date')) }}
with

payments as (
    {{ affected_or_all(
        payments_enriched(only=is_affected('charge_id')),
        ref('int_payments_enriched'),
    ) | indent(4) }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['payments.charge_id']) }} as payment_key,
        payments.charge_id,
        payments.customer_id,
        payments.customer_key,
        payments.payer_id,
        payments.stripe_customer_id,
        payments.payment_intent_id,
        payments.invoice_id,
        payments.balance_transaction_id,
        -- customer at the time of payment
        payments.customer_email,
        payments.customer_name,
        payments.customer_segment,
        -- measures
        payments.currency,
        payments.amount,
        payments.gross_amount,
        payments.amount_refunded,
        payments.net_amount,
        payments.amount_minor,
        payments.gross_amount_minor,
        payments.amount_refunded_minor,
        payments.net_amount_minor,
        -- status
        payments.is_paid,
        payments.is_refunded,
        payments.is_disputed,
        payments.payment_status,
        payments.failure_code,
        payments.payment_method_type,
        -- times (UTC)
        payments.created_at,
        payments.last_refunded_at,
        payments.payment_date,
        payments.payment_month,
        payments.payment_quarter,
        -- watermarks: the newest raw version of each input that this row has seen
        payments.charge_seq,
        payments.refund_seq,
        payments.invoice_payment_seq,
        payments.observed_at as buck_updated_at
    from payments
)

select * from final
