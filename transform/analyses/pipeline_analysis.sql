-- How many opportunities were decided in each month, and how many of them were won.
with

opportunities as (
    select * from {{ ref('fct_opportunities') }}
),

final as (
    select
        {{ start_of('month', 'closed_date') }} as closed_month,
        {{ metric_value('opportunities_closed') }} as opportunities_closed,
        {{ metric_value('opportunities_won') }} as opportunities_won,
        {{ metric_value('sales_conversion') }} as sales_conversion
    from opportunities
    where closed_date is not null
    group by {{ start_of('month', 'closed_date') }}
)

select * from final
order by closed_month
