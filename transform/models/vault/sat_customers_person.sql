-- One row per customer and moment at which something about the person became true.
with

versions as (
    select * from {{ ref('int_customers_versioned') }}
),

states as (
    {{ satellite('versions', 'customer_id', 'valid_from', ['email', 'name', 'is_deleted']) }}
),

final as (
    select
        {{ surrogate_key(['customer_id']) }} as customer_hash,
        applied_at,
        email,
        name,
        is_deleted,
        attribute_hash
    from states
)

select * from final
