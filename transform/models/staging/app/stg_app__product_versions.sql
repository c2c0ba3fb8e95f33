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
        cast(unit_price as {{ money_type() }}) as unit_price,
        cast(unit_cost as {{ money_type() }}) as unit_cost,
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
