-- One row per payment and version that differs from the one before, in the order of arrival.
with

versions as (
    select
        *,
        _buck_op = 'd' as is_deleted
    from {{ source('stripe', 'charges') }}
    where _buck_op <> 't'
      and id in (select charge_id from {{ ref('hub_payments') }})
),

states as (
    {{ satellite(
        'versions', 'id', '_buck_observed_at',
        ['status', 'currency', 'amount', 'amount_refunded', 'disputed', 'is_deleted'],
        order_by='_buck_seq', carried=['_buck_seq']
    ) }}
),

final as (
    select
        {{ surrogate_key(['id']) }} as payment_hash,
        _buck_seq as arrival_number,
        applied_at,
        status,
        lower(currency) as currency,
        amount as amount_minor,
        amount_refunded as amount_refunded_minor,
        disputed as is_disputed,
        is_deleted,
        attribute_hash
    from states
)

select * from final
