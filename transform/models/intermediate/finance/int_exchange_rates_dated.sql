-- The planning rates into the reporting currency, with the days on which each holds: until the next
-- one of its currency, and the first one also before it was set.
{{ config(materialized='view') }}
with

rates as (
    select * from {{ ref('exchange_rates') }} where to_currency = '{{ var("reporting_currency") }}'
),

ordered as (
    select
        from_currency,
        to_currency,
        rate,
        valid_from,
        lag(valid_from) over (partition by from_currency order by valid_from) as earlier_from,
        lead(valid_from) over (partition by from_currency order by valid_from) as later_from
    from rates
),

final as (
    select
        from_currency as currency,
        to_currency as reporting_currency,
        rate,
        case
            when earlier_from is null then cast('0001-01-01' as date)
            else valid_from
        end as valid_from,
        coalesce(later_from, cast('9999-12-31' as date)) as valid_to
    from ordered
)

select * from final
