with

currencies as (
    select * from {{ ref('currencies') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

rated as (
    select
        currency,
        count(*) as rate_count
    from rates
    group by currency
),

final as (
    select
        -- keys
        currencies.code as currency,
        -- attributes
        currencies.name as currency_name,
        currencies.exponent,
        currencies.iso_exponent,
        rated.currency is not null as has_planning_rate
    from currencies
    left join rated on currencies.code = rated.currency
)

select * from final
