-- Every charge that the balance books is a payment; whether the charge itself has landed is told beside.
with

movements as (
    select * from {{ ref('fct_balance_transactions') }}
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
)

select
    movements.balance_transaction_id,
    movements.charge_id,
    charges.charge_id is not null as is_charge_landed
from movements
left join charges on movements.charge_id = charges.charge_id
where movements.transaction_type in ('charge', 'payment')
  and movements.payment_key is null
