-- Every live charge that landed is a payment and every payment is such a charge, in its newest version
-- and with Stripe's own values; the customer is the one who is behind the payer, as they were then.
with

shown as {{ inlined() }} (
    select * from {{ ref('fct_payments') }}
),

charges as {{ inlined() }} (
    select * from {{ ref('stg_stripe__charges') }}
),

refunds as (
    select
        charge_id,
        sum(case when status = 'succeeded' then amount_minor end) as refunded_minor,
        max(case when status = 'succeeded' then created_at end) as last_refunded_at,
        max(_buck_seq) as refund_seq,
        max(_buck_observed_at) as observed_at
    from {{ ref('stg_stripe__refunds') }}
    group by charge_id
),

invoices as (
    select
        payment_intent_id,
        min(invoice_id) as invoice_id,
        max(_buck_seq) as invoice_payment_seq,
        max(_buck_observed_at) as observed_at
    from {{ ref('stg_stripe__invoice_payments') }}
    where payment_intent_id is not null
    group by payment_intent_id
),

payers as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

customers as (
    select
        *,
        {{ hash_of(['customer_key', 'email', 'name', 'segment']) }} as hashed
    from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

joined as {{ inlined() }} (
    select
        charges.*,
        case when charges.status = 'succeeded' then coalesce(refunds.refunded_minor, 0) else 0 end
            as refunded_minor,
        case when charges.status = 'succeeded' then charges.amount_minor else 0 end as collected_minor,
        refunds.last_refunded_at,
        refunds.refund_seq,
        invoices.invoice_id,
        invoices.invoice_payment_seq,
        currencies.exponent,
        {{ greatest_of(['charges._buck_observed_at', 'refunds.observed_at', 'invoices.observed_at']) }}
            as observed_at,
        {{ utc_date('charges.created_at') }} as created_on
    from charges
    left join refunds on charges.charge_id = refunds.charge_id
    left join invoices on charges.payment_intent_id = invoices.payment_intent_id
    left join currencies on charges.currency = currencies.code
),

expected as {{ inlined() }} (
    select
        joined.charge_id,
        {{ surrogate_key(['joined.charge_id']) }} as payment_key,
        payers.customer_id,
        customers.customer_key,
        joined.payer_id,
        joined.stripe_customer_id,
        joined.payment_intent_id,
        joined.invoice_id,
        joined.balance_transaction_id,
        customers.email as customer_email,
        customers.name as customer_name,
        customers.segment as customer_segment,
        joined.currency,
        joined.amount_minor,
        joined.collected_minor as gross_amount_minor,
        joined.refunded_minor as amount_refunded_minor,
        joined.collected_minor - joined.refunded_minor as net_amount_minor,
        {{ money('joined.amount_minor', 'joined.exponent') }} as amount,
        {{ money('joined.collected_minor', 'joined.exponent') }} as gross_amount,
        {{ money('joined.refunded_minor', 'joined.exponent') }} as amount_refunded,
        joined.status = 'succeeded' as is_paid,
        joined.refunded_minor > 0 and joined.refunded_minor >= joined.collected_minor as is_refunded,
        joined.is_disputed,
        case
            when joined.status <> 'succeeded' then joined.status
            when joined.refunded_minor >= joined.amount_minor then 'refunded'
            when joined.refunded_minor > 0 then 'partially_refunded'
            else 'completed'
        end as payment_status,
        joined.failure_code,
        joined.payment_method_type,
        joined.created_at,
        joined.last_refunded_at,
        joined.created_on as payment_date,
        {{ start_of('quarter', 'joined.created_on') }} as payment_quarter,
        joined._buck_seq as charge_seq,
        joined.refund_seq,
        joined.invoice_payment_seq,
        joined.observed_at as buck_updated_at,
        customers.hashed as customer_hashed
    from joined
    left join payers on joined.payer_id = payers.source_id
    left join customers on {{ customer_at('payers.customer_id', 'joined.created_at') }}
)

{{ differing_rows(['charge_id'], [
    'payment_key', 'customer_id', 'customer_key', 'payer_id', 'stripe_customer_id', 'payment_intent_id',
    'invoice_id', 'balance_transaction_id', 'customer_email', 'customer_name', 'customer_segment',
    'currency', 'amount_minor', 'gross_amount_minor', 'amount_refunded_minor', 'net_amount_minor',
    'amount', 'gross_amount', 'amount_refunded', 'is_paid', 'is_refunded', 'is_disputed',
    'payment_status', 'failure_code', 'payment_method_type', 'created_at', 'last_refunded_at',
    'payment_date', 'payment_quarter', 'charge_seq', 'refund_seq', 'invoice_payment_seq',
    'buck_updated_at',
], hashed_first=true, ready={
    'customer_hashed': ['customer_key', 'customer_email', 'customer_name', 'customer_segment'],
}) }}
