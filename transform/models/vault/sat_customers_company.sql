-- One row per customer and moment at which something about the company became true.
with

versions as (
    select * from {{ ref('int_customers_versioned') }}
),

states as (
    {{ satellite(
        'versions', 'customer_id', 'valid_from', ['segment', 'company_name', 'industry', 'country_code']
    ) }}
),

final as (
    select
        {{ surrogate_key(['customer_id']) }} as customer_hash,
        applied_at,
        segment,
        company_name,
        industry,
        country_code,
        attribute_hash
    from states
)

select * from final
