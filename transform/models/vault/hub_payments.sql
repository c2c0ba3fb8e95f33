-- One row per live charge that ever landed, deleted ones included.
with

versions as (
    select * from {{ source('stripe', 'charges') }} where _buck_op <> 't'
),

final as (
    select
        {{ surrogate_key(['id']) }} as payment_hash,
        id as charge_id,
        min(_buck_observed_at) as first_seen_at,
        'stripe' as record_source
    from versions
    where livemode
    group by id
)

select * from final
