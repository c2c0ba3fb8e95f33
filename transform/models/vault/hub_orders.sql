-- One row per order that ever landed, deleted ones included.
with

versions as (
    select * from {{ source('app', 'orders') }} where _buck_op <> 't'
),

final as (
    select
        {{ surrogate_key(['id']) }} as order_hash,
        id as order_id,
        min(_buck_observed_at) as first_seen_at,
        'app' as record_source
    from versions
    group by id
)

select * from final
