-- Every dispute of a live charge has Stripe's own values, and what the balance booked for it.
with

shown as (
    select * from {{ ref('fct_disputes') }}
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

payers as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

booked as (
    select
        source_id,
        -sum(amount_minor) as withdrawn_minor,
        sum(fee_minor) as fee_minor
    from {{ ref('stg_stripe__balance_transactions') }}
    group by source_id
),

joined as (
    select
        disputes.*,
        payers.customer_id,
        currencies.exponent,
        coalesce(booked.withdrawn_minor, 0) as amount_withdrawn_minor,
        coalesce(booked.fee_minor, 0) as fee_minor,
        case disputes.status when 'lost' then disputes.amount_minor else 0 end as amount_lost_minor,
        {{ utc_date('disputes.created_at') }} as dispute_date
    from {{ ref('stg_stripe__disputes') }} as disputes
    inner join charges on disputes.charge_id = charges.charge_id
    left join payers on charges.payer_id = payers.source_id
    left join booked on disputes.dispute_id = booked.source_id
    left join {{ ref('currencies') }} as currencies on disputes.currency = currencies.code
),

expected as (
    select
        joined.*,
        {{ surrogate_key(['joined.dispute_id']) }} as dispute_key,
        {{ surrogate_key(['joined.charge_id']) }} as payment_key,
        customers.customer_key,
        joined.status as dispute_status,
        joined.status in ('won', 'lost', 'warning_closed') as is_closed,
        {{ money('joined.amount_minor', 'joined.exponent') }} as amount,
        {{ money('joined.amount_lost_minor', 'joined.exponent') }} as amount_lost,
        {{ money('joined.amount_withdrawn_minor', 'joined.exponent') }} as amount_withdrawn,
        {{ money('joined.fee_minor', 'joined.exponent') }} as fee,
        {{ start_of('month', 'joined.dispute_date') }} as dispute_month
    from joined
    left join {{ ref('dim_customers') }} as customers
        on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

{{ differing_rows(['dispute_id'], [
    'dispute_key', 'payment_key', 'charge_id', 'customer_id', 'customer_key', 'currency', 'amount',
    'amount_lost', 'amount_withdrawn', 'fee', 'amount_minor', 'amount_lost_minor',
    'amount_withdrawn_minor', 'fee_minor', 'dispute_status', 'is_closed', 'reason',
    'network_reason_code', 'created_at', 'evidence_due_at', 'dispute_date', 'dispute_month',
]) }}
