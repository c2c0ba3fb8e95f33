-- Which ways to pay fail how often: attempts, successes and their share, per month.
with

payments as (
    select * from {{ ref('fct_payments') }}
),

final as (
    select
        payment_month,
        payment_method_type,
        {{ metric_value('payments_attempted') }} as payments_attempted,
        {{ metric_value('payments_succeeded') }} as payments_succeeded,
        {{ metric_value('payment_conversion') }} as payment_conversion
    from payments
    group by
        payment_month,
        payment_method_type
)

select * from final
order by
    payment_month,
    payment_method_type
