-- Marts that are put together from several models still hold each of their subjects, and nobody else.
-- One test for all of them, because every test costs more than its query.
{%- set marts = [
    ('customer_360', 'customer_id', 'dim_customers', 'customer_id', 'is_current'),
    ('dim_products', 'app_product_id', 'stg_app__products', 'product_id', 'true'),
    ('marketing_campaigns', 'campaign_id', 'stg_salesforce__campaigns', 'campaign_id', 'true'),
] %}
with

compared as (
    {%- for mart, key, whole, whole_key, condition in marts %}
    select
        '{{ mart }}' as mart,
        {{ as_text(key) }} as subject,
        1 as held,
        0 as expected
    from {{ ref(mart) }}
    where {{ key }} is not null

    union all

    select
        '{{ mart }}' as mart,
        {{ as_text(whole_key) }} as subject,
        0 as held,
        1 as expected
    from {{ ref(whole) }}
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

    union all

    -- A dispute of test mode has no payment in the marts.
    select
        'fct_disputes' as mart,
        dispute_id as subject,
        1 as held,
        0 as expected
    from {{ ref('fct_disputes') }}

    union all

    select
        'fct_disputes' as mart,
        disputes.dispute_id as subject,
        0 as held,
        1 as expected
    from {{ ref('stg_stripe__disputes') }} as disputes
    inner join {{ ref('fct_payments') }} as payments on disputes.charge_id = payments.charge_id
)

select
    mart,
    subject,
    sum(held) as held,
    sum(expected) as expected
from compared
group by
    mart,
    subject
having sum(held) <> sum(expected)
