-- One row per order and version that differs from the one before, in the order of arrival.
with

versions as (
    select
        *,
        _buck_op = 'd' as is_deleted
    from {{ source('app', 'orders') }}
    where _buck_op <> 't'
),

states as (
    {{ satellite(
        'versions', 'id', '_buck_observed_at', ['status', 'channel', 'currency', 'is_deleted'],
        order_by='_buck_seq', carried=['_buck_seq']
    ) }}
),

final as (
    select
        {{ surrogate_key(['id']) }} as order_hash,
        _buck_seq as arrival_number,
        applied_at,
        status,
        channel,
        lower(currency) as currency,
        is_deleted,
        attribute_hash
    from states
)

select * from final
