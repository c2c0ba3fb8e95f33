-- Every payout has Stripe's own values.
with

shown as (
    select * from {{ ref('fct_payouts') }}
),

payouts as (
    select
        payouts.*,
        currencies.exponent,
        payouts.status in ('failed', 'canceled') as is_returned,
        {{ utc_date('payouts.created_at') }} as payout_date
    from {{ ref('stg_stripe__payouts') }} as payouts
    left join {{ ref('currencies') }} as currencies on payouts.currency = currencies.code
),

expected as (
    select
        *,
        {{ surrogate_key(['payout_id']) }} as payout_key,
        status as payout_status,
        method as payout_method,
        case when is_returned then 0 else amount_minor end as amount_paid_out_minor,
        {{ money('amount_minor', 'exponent') }} as amount,
        {{ money('case when is_returned then 0 else amount_minor end', 'exponent') }} as amount_paid_out,
        {{ start_of('month', 'payout_date') }} as payout_month,
        {{ utc_date('arrives_at') }} as arrives_on
    from payouts
)

{{ differing_rows(['payout_id'], [
    'payout_key', 'balance_transaction_id', 'failure_balance_transaction_id', 'original_payout_id',
    'currency', 'amount', 'amount_paid_out', 'amount_minor', 'amount_paid_out_minor', 'payout_status',
    'payout_type', 'payout_method', 'failure_code', 'is_automatic', 'is_returned', 'created_at',
    'payout_date', 'payout_month', 'arrives_on',
]) }}
