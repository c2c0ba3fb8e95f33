{#- An article of the app is a product of Stripe in one currency. -#}
{% macro articles_of_stripe_products() -%}
select
    stripe_product_id,
    currency,
    min(product_key) as product_key
from {{ ref('dim_products') }}
where stripe_product_id is not null
  and source = 'app'
group by
    stripe_product_id,
    currency
{%- endmacro %}


{#- A product of Stripe that no article names has all currencies. -#}
{% macro plans_of_stripe_products() -%}
select
    stripe_product_id,
    product_key
from {{ ref('dim_products') }}
where source = 'stripe'
{%- endmacro %}
