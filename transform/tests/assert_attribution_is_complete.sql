-- By every attribution model, each customer who has paid is credited exactly once, with exactly their
-- first payment; and the months of acquisition add up to the same customers.
with

attribution as (
    select * from {{ ref('fct_attribution') }}
),

payments as (
    select * from {{ ref('fct_payments') }} where is_paid
),

months as (
    select * from {{ ref('agg_monthly_acquisition') }}
),

payers as (
    select distinct customer_id from payments
),

models as (
    select distinct attribution_model from attribution
),

credits as (
    select
        customer_id,
        attribution_model,
        min(charge_id) as charge_id,
        sum(credit) as credit,
        sum(attributed_amount_minor) as amount_minor
    from attribution
    group by
        customer_id,
        attribution_model
),

totals as (
    select
        sum(first_touch_customers) as first_touch_customers,
        sum(last_touch_customers) as last_touch_customers,
        sum(linear_customers) as linear_customers
    from months
),

payer_count as (
    select count(*) as customers from payers
)

select
    'conversion is not credited once' as finding,
    payers.customer_id as subject
from payers
cross join models
left join credits
    on payers.customer_id = credits.customer_id
    and models.attribution_model = credits.attribution_model
left join payments on credits.charge_id = payments.charge_id
where {{ is_distinct('credits.credit', '1') }}
   or {{ is_distinct('credits.amount_minor', 'payments.gross_amount_minor') }}

union all

select
    'months of acquisition do not add up' as finding,
    {{ as_text('payer_count.customers') }} as subject
from payer_count
cross join totals
where payer_count.customers > 0
  and (
    {{ is_distinct('totals.first_touch_customers', 'payer_count.customers') }}
    or {{ is_distinct('totals.last_touch_customers', 'payer_count.customers') }}
    or {{ is_distinct('totals.linear_customers', 'payer_count.customers') }}
  )
