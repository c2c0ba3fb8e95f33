{#- Who paid a charge, as the identity crosswalk knows them among Stripe's ids. -#}
{% macro payer_id(prefix='') -%}
    coalesce(
        {{ prefix }}stripe_customer_id,
        'guest:' || coalesce({{ prefix }}billing_email, {{ prefix }}charge_id)
    )
{%- endmacro %}
