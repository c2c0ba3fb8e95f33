-- What a customer's MRR is at the end of a day, less what it was the day before, is the day's movement:
-- so all movements up to a day add up to the MRR of that day.
with

days as (
    select * from {{ ref('fct_subscriptions_daily') }}
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
),

entries as (
    select
        customer_id,
        currency,
        subscription_date as movement_date,
        mrr_minor,
        0 as moved_minor
    from days

    union all

    select
        customer_id,
        currency,
        {{ add_days('subscription_date', 1) }} as movement_date,
        -mrr_minor as mrr_minor,
        0 as moved_minor
    from days

    union all

    select
        customer_id,
        currency,
        movement_date,
        0 as mrr_minor,
        mrr_change_minor as moved_minor
    from movements
)

select
    customer_id,
    currency,
    movement_date,
    sum(mrr_minor) as mrr_change_minor,
    sum(moved_minor) as moved_minor
from entries
where movement_date < {{ utc_date(as_of()) }}
group by
    customer_id,
    currency,
    movement_date
having sum(mrr_minor) <> sum(moved_minor)
