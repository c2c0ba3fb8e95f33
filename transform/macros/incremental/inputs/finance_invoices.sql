{#- An invoice's own versions, and whose it is. -#}
{% macro fct_invoices_inputs() -%}
    {%- set of_others -%}
        select built.invoice_id
        from {{ this }} as built
        left join {{ ref('int_identities_linked') }} as identities
            on identities.source = 'stripe'
            and built.stripe_customer_id = identities.source_id
        left join {{ ref('dim_customers') }} as customers
            on {{ customer_at('identities.customer_id', 'built.created_at') }}
        where {{ is_distinct('built.customer_id', 'identities.customer_id') }}
           or {{ is_distinct('built.customer_key', 'customers.customer_key') }}
    {%- endset -%}
    {{ return({
        'inputs': [built_input(ref('stg_stripe__invoices'), key='invoice_id')],
        'differs': [differing(of_others, [ref('int_identities_linked'), ref('dim_customers')])],
        'stamp': 'created_at',
    }) }}
{%- endmacro %}


{#- A line's own versions, its invoice's, and the product that it sells. -#}
{% macro fct_invoice_lines_inputs() -%}
    {%- set of_invoices -%}
        select invoice_line_item_id
        from {{ ref('stg_stripe__invoice_line_items') }}
        where invoice_id in (select affected_key from {changed} as changed)
    {%- endset -%}
    {%- set of_other_products -%}
        select built.invoice_line_item_id
        from {{ this }} as built
        left join ({{ articles_of_stripe_products() }}) as articles
            on built.stripe_product_id = articles.stripe_product_id
            and built.currency = articles.currency
        left join ({{ plans_of_stripe_products() }}) as plans
            on built.stripe_product_id = plans.stripe_product_id
        where {{ is_distinct('built.product_key', 'coalesce(articles.product_key, plans.product_key)') }}
    {%- endset -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_stripe__invoice_line_items'), key='invoice_line_item_id'),
            built_input(ref('fct_invoices'), key='invoice_id', via=of_invoices),
        ],
        'differs': [differing(of_other_products, [ref('dim_products')])],
        'stamp': 'created_at',
    }) }}
{%- endmacro %}
