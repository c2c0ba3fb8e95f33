-- Credit goes to real touches of the customer, in the share that the model gives their place; the
-- conversion is the payment's own.
with

shown as (
    select * from {{ ref('fct_attribution') }}
),

touches as (
    select * from {{ ref('int_conversions_touched') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

models as (
    select 'first_touch' as attribution_model
    union all
    select 'last_touch' as attribution_model
    union all
    select 'linear' as attribution_model
),

placed as (
    select
        models.attribution_model,
        touches.customer_id,
        touches.touch_number,
        touches.touch_count,
        touches.touch_key,
        touches.campaign_id,
        touches.charge_id,
        touches.touch_type,
        touches.channel,
        touches.touched_at,
        case when models.attribution_model = 'linear' then touches.touch_number else 1 end as place,
        case when models.attribution_model = 'linear' then touches.touch_count else 1 end as places
    from touches
    cross join models
    where models.attribution_model = 'linear'
       or (models.attribution_model = 'first_touch' and touches.touch_number = 1)
       or (models.attribution_model = 'last_touch' and touches.touch_number = touches.touch_count)
),

shared as (
    select
        placed.*,
        payments.customer_key,
        payments.currency,
        payments.created_at as converted_at,
        payments.payment_date as conversion_date,
        payments.payment_month as conversion_month,
        {{ divide_whole('1000000 * placed.place', 'placed.places') }}
        - {{ divide_whole('1000000 * (placed.place - 1)', 'placed.places') }} as millionths,
        {{ divide_whole('payments.gross_amount_minor * placed.place', 'placed.places') }}
        - {{ divide_whole('payments.gross_amount_minor * (placed.place - 1)', 'placed.places') }}
            as attributed_amount_minor
    from placed
    inner join payments on placed.charge_id = payments.charge_id
),

expected as (
    select
        shared.*,
        {{ surrogate_key(['shared.customer_id', 'shared.attribution_model', 'shared.touch_number']) }}
            as attribution_key,
        cast(shared.millionths * cast(0.000001 as {{ decimal_type(7, 6) }}) as {{ decimal_type(9, 6) }})
            as credit,
        {{ money('shared.attributed_amount_minor', 'currencies.exponent') }} as attributed_amount
    from shared
    left join currencies on shared.currency = currencies.code
)

{{ differing_rows(['customer_id', 'attribution_model', 'touch_number'], [
    'attribution_key', 'customer_key', 'touch_count', 'touch_key', 'campaign_id', 'charge_id',
    'touch_type', 'channel', 'credit', 'currency', 'attributed_amount', 'attributed_amount_minor',
    'touched_at', 'converted_at', 'conversion_date', 'conversion_month',
]) }}
