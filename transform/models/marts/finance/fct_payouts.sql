with

payouts as (
    select * from {{ ref('stg_stripe__payouts') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

joined as (
    select
        payouts.*,
        currencies.exponent,
        payouts.status in ('failed', 'canceled') as is_returned,
        {{ utc_date('payouts.created_at') }} as payout_date
    from payouts
    left join currencies on payouts.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['payout_id']) }} as payout_key,
        payout_id,
        balance_transaction_id,
        failure_balance_transaction_id,
        original_payout_id,
        -- measures
        currency,
        {{ money('amount_minor', 'exponent') }} as amount,
        {{ money('case when is_returned then 0 else amount_minor end', 'exponent') }} as amount_paid_out,
        amount_minor,
        case when is_returned then 0 else amount_minor end as amount_paid_out_minor,
        -- status
        status as payout_status,
        payout_type,
        method as payout_method,
        failure_code,
        is_automatic,
        is_returned,
        -- times (UTC)
        created_at,
        payout_date,
        {{ start_of('month', 'payout_date') }} as payout_month,
        {{ utc_date('arrives_at') }} as arrives_on
    from joined
)

select * from final
