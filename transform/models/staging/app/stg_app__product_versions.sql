with

source as (
    select * from {{ source('app', 'products') }}
),

renamed as (
    select
        -- ids
        id as product_id,
        -- money
        lower(currency) as currency,
        {{ as_money('unit_price') }} as unit_price,
        {{ as_money('unit_cost') }} as unit_cost,
        -- version
        _buck_op = 'd' as is_deleted,
        {{ version_times('id', '_buck_seq', 'created_at') }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
)

select * from renamed
