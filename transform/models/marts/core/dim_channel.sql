with

channels as (
    select * from {{ ref('channels') }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['kind', 'code']) }} as channel_key,
        kind as channel_kind,
        code as channel,
        -- attributes
        name as channel_name,
        channel_group,
        is_paid
    from channels
)

select * from final
