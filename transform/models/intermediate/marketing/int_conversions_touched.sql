-- One row per customer who has paid and touch that may have led to it: in the window before their
-- first payment. Touches of unknown channel count only where there are no others; whoever was never
-- touched has one row of that channel.
with

payments as (
    select * from {{ ref('fct_payments') }} where is_paid
),

touches as (
    select * from {{ ref('int_touches_unified') }}
),

customers as (
    select * from {{ ref('int_customers_unified') }}
),

-- Few of each customer's payments are left to be put in order.
numbered as (
    select
        payments.*,
        row_number() over (partition by payments.customer_id order by payments.charge_id)
            as payment_number
    from payments
    inner join customers
        on payments.customer_id = customers.customer_id
        and payments.created_at = customers.first_paid_at
),

conversions as (
    select * from numbered where payment_number = 1
),

candidates as (
    select
        conversions.customer_id,
        conversions.customer_key,
        conversions.charge_id,
        conversions.currency,
        conversions.gross_amount_minor,
        conversions.created_at as converted_at,
        conversions.payment_date as conversion_date,
        conversions.payment_month as conversion_month,
        touches.touch_key,
        coalesce(touches.touch_type, 'none') as touch_type,
        touches.touch_id,
        touches.campaign_id,
        coalesce(touches.channel, 'unknown') as channel,
        touches.precedence,
        touches.touched_at
    from conversions
    left join touches
        on conversions.customer_id = touches.customer_id
        and touches.touched_at <= conversions.created_at
        and {{ utc_date('touches.touched_at') }}
            >= {{ day_before('conversions.created_at', var('attribution_window_days') | int) }}
),

flagged as (
    select
        *,
        max(case when channel <> 'unknown' then 1 else 0 end) over (partition by customer_id)
            as has_known_channel
    from candidates
),

final as (
    select
        *,
        row_number() over (
            partition by customer_id order by touched_at nulls last, precedence nulls last, touch_id nulls last
        ) as touch_number,
        count(*) over (partition by customer_id) as touch_count
    from flagged
    where channel <> 'unknown'
       or has_known_channel = 0
)

select * from final
