with

versions as (
    select * from {{ ref('int_customers_versioned') }}
),

final as (
    select
        -- keys
        customer_key,
        customer_id,
        -- person
        email,
        name,
        -- company
        segment,
        company_name,
        industry,
        country_code,
        -- flags
        is_deleted,
        is_current,
        version_number,
        -- times (UTC)
        created_at,
        valid_from,
        valid_to
    from versions
)

select * from final
