with

countries as (
    select * from {{ ref('country_codes') }}
),

final as (
    select
        -- keys
        code as country_code,
        -- attributes
        alpha_3 as country_code_alpha_3,
        name as country_name
    from countries
)

select * from final
