-- Currencies, countries and channels are those of the seeds, products those of the app and of Stripe.
with

products as (
    select
        'app' as source,
        {{ as_text('product_id') }} as source_id,
        product_id as app_product_id,
        stripe_product_id,
        sku,
        name as product_name,
        currency,
        unit_price,
        unit_cost,
        created_at,
        updated_at,
        coalesce(category, 'uncategorised') as category,
        'good' as product_type,
        true as is_active
    from {{ ref('stg_app__products') }}

    union all

    select
        'stripe' as source,
        stripe_product_id as source_id,
        cast(null as bigint) as app_product_id,
        stripe_product_id,
        cast(null as {{ text_type() }}) as sku,
        name as product_name,
        cast(null as {{ text_type() }}) as currency,
        cast(null as {{ money_type() }}) as unit_price,
        cast(null as {{ money_type() }}) as unit_cost,
        created_at,
        updated_at,
        case product_type when 'service' then 'subscription' else 'uncategorised' end as category,
        coalesce(product_type, 'service') as product_type,
        is_active
    from {{ ref('stg_stripe__products') }}
    where stripe_product_id not in (
        select stripe_product_id from {{ ref('stg_app__products') }} where stripe_product_id is not null
    )
),

shown as (
    select * from {{ ref('dim_products') }}
),

expected as (
    select
        *,
        {{ surrogate_key(['source', 'source_id']) }} as product_key,
        unit_price - unit_cost as unit_margin
    from products
),

differing_products as (
    {{ differing_rows(['source', 'source_id'], [
        'product_key', 'app_product_id', 'stripe_product_id', 'sku', 'product_name', 'category',
        'product_type', 'currency', 'unit_price', 'unit_cost', 'unit_margin', 'is_active', 'created_at',
        'updated_at',
    ]) }}
),

currencies as (
    select
        code,
        name,
        cast(exponent as {{ text_type() }}) as exponent,
        cast(iso_exponent as {{ text_type() }}) as iso_exponent
    from {{ ref('currencies') }}
),

lookups as (
    select 'currency' as kind, code, name, exponent as a, iso_exponent as b, 1 as place
    from currencies

    union all

    select
        'currency' as kind,
        currency as code,
        currency_name as name,
        {{ as_text('exponent') }} as a,
        {{ as_text('iso_exponent') }} as b,
        -1 as place
    from {{ ref('dim_currency') }}

    union all

    select 'country' as kind, code, name, alpha_3 as a, 'none' as b, 1 as place
    from {{ ref('country_codes') }}

    union all

    select
        'country' as kind,
        country_code as code,
        country_name as name,
        country_code_alpha_3 as a,
        'none' as b,
        -1 as place
    from {{ ref('dim_country') }}

    union all

    select kind || ' channel' as kind, code, name, channel_group as a,
        case when is_paid then 'paid' else 'unpaid' end || {{ surrogate_key(['kind', 'code']) }} as b,
        1 as place
    from {{ ref('channels') }}

    union all

    select
        channel_kind || ' channel' as kind,
        channel as code,
        channel_name as name,
        channel_group as a,
        case when is_paid then 'paid' else 'unpaid' end || channel_key as b,
        -1 as place
    from {{ ref('dim_channel') }}
)

select
    'product' as kind,
    source_id as code,
    finding
from differing_products

union all

select
    'fiscal calendar' as kind,
    {{ as_text('days.date') }} as code,
    'differs' as finding
from {{ ref('dim_date') }} as days
left join {{ ref('fiscal_calendar') }} as fiscal on days.month = fiscal.calendar_month
where {{ is_distinct('days.fiscal_month', 'fiscal.fiscal_month') }}
   or {{ is_distinct('days.fiscal_quarter', 'fiscal.fiscal_quarter') }}
   or {{ is_distinct('days.fiscal_year', 'days.year + fiscal.fiscal_year_offset') }}

union all

select
    kind,
    code,
    'differs' as finding
from lookups
group by
    kind,
    code,
    name,
    a,
    b
having sum(place) <> 0 or count(*) <> 2
