with

disputes as (
    select * from {{ ref('stg_stripe__disputes') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

movements as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

-- What the bank took and, when the dispute was won, gave back; each with its fee.
booked as (
    select
        movements.source_id as dispute_id,
        -{{ sum_bigint('movements.amount_minor') }} as withdrawn_minor,
        {{ sum_bigint('movements.fee_minor') }} as fee_minor
    from movements
    inner join disputes on movements.source_id = disputes.dispute_id
    group by movements.source_id
),

joined as (
    select
        disputes.*,
        payments.payment_key,
        payments.customer_id,
        currencies.exponent,
        disputes.status in ('won', 'lost', 'warning_closed') as is_closed,
        coalesce(booked.withdrawn_minor, 0) as withdrawn_minor,
        coalesce(booked.fee_minor, 0) as fee_minor,
        {{ utc_date('disputes.created_at') }} as dispute_date
    from disputes
    inner join payments on disputes.charge_id = payments.charge_id
    left join booked on disputes.dispute_id = booked.dispute_id
    left join currencies on disputes.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['joined.dispute_id']) }} as dispute_key,
        joined.dispute_id,
        joined.payment_key,
        joined.charge_id,
        joined.customer_id,
        customers.customer_key,
        -- measures
        joined.currency,
        {{ money('joined.amount_minor', 'joined.exponent') }} as amount,
        {{ money("case when joined.status = 'lost' then joined.amount_minor else 0 end", 'joined.exponent') }}
            as amount_lost,
        {{ money('joined.withdrawn_minor', 'joined.exponent') }} as amount_withdrawn,
        {{ money('joined.fee_minor', 'joined.exponent') }} as fee,
        joined.amount_minor,
        case when joined.status = 'lost' then joined.amount_minor else 0 end as amount_lost_minor,
        joined.withdrawn_minor as amount_withdrawn_minor,
        joined.fee_minor,
        -- status
        joined.status as dispute_status,
        joined.is_closed,
        joined.reason,
        joined.network_reason_code,
        -- times (UTC)
        joined.created_at,
        joined.evidence_due_at,
        joined.dispute_date,
        {{ start_of('month', 'joined.dispute_date') }} as dispute_month
    from joined
    left join customers on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

select * from final
