with

days as (
    {{ date_series(var('start_date'), as_of()) }}
),

fiscal_months as (
    select * from {{ ref('fiscal_calendar') }}
),

final as (
    select
        {{ date_number('date_day') }} as date_key,
        date_day as date,
        {{ day_of_week('date_day') }} as day_of_week,
        {{ date_part_of('day', 'date_day') }} as day_of_month,
        {{ iso_week('date_day') }} as iso_week,
        {{ date_part_of('month', 'date_day') }} as month,
        {{ date_part_of('quarter', 'date_day') }} as quarter,
        {{ date_part_of('year', 'date_day') }} as year,
        {{ start_of('week', 'date_day') }} as week_start_on,
        {{ start_of('month', 'date_day') }} as month_start_on,
        {{ start_of('quarter', 'date_day') }} as quarter_start_on,
        {{ start_of('year', 'date_day') }} as year_start_on,
        fiscal_months.fiscal_month,
        fiscal_months.fiscal_quarter,
        {{ date_part_of('year', 'date_day') }} + fiscal_months.fiscal_year_offset as fiscal_year,
        {{ day_of_week('date_day') }} >= 6 as is_weekend
    from days
    inner join fiscal_months on {{ date_part_of('month', 'date_day') }} = fiscal_months.calendar_month
)

select * from final
