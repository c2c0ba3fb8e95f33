-- One row per customer that was ever known.
with

versions as (
    select * from {{ ref('int_customers_versioned') }}
),

final as (
    select
        {{ surrogate_key(['customer_id']) }} as customer_hash,
        customer_id,
        min(valid_from) as first_seen_at,
        'unified' as record_source
    from versions
    group by customer_id
)

select * from final
