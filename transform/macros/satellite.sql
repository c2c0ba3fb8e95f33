{#-
    Rows of a satellite: the states of a key in order, kept where the attributes differ from the state
    before. A satellite only ever says what became true; where a state ends is the next one's business.
-#}
{% macro satellite(relation, key, applied_at, attributes, order_by=none, carried=[]) -%}
    select
        {{ key }},
        {{ applied_at }} as applied_at,
        {%- for column in attributes + carried %}
        {{ column }},
        {%- endfor %}
        attribute_hash
    from (
        select
            *,
            lag(attribute_hash) over (partition by {{ key }} order by {{ order_by or applied_at }})
                as previous_hash
        from (
            select
                *,
                {{ surrogate_key(attributes) }} as attribute_hash
            from {{ relation }}
        ) as hashed
    ) as compared
    where {{ is_distinct('attribute_hash', 'previous_hash') }}
{%- endmacro %}
