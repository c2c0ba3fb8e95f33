{{ config(severity='warn') }}
-- Stripe keeps the refunded amount on the charge too; a lasting difference means that one of the two
-- tables is missing changes. It only warns: the two land one after the other.
select
    charges.charge_id,
    charges.amount_refunded_minor as said_by_charge,
    payments.amount_refunded_minor as said_by_refunds
from {{ ref('stg_stripe__charges') }} as charges
inner join {{ ref('fct_payments') }} as payments on charges.charge_id = payments.charge_id
where payments.is_paid
  and charges.amount_refunded_minor <> payments.amount_refunded_minor
