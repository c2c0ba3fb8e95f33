{#- The text at a path (`a.b`) of a column of JSON text; null where the path or the value is null. -#}
{% macro json_text(column, path) -%}
    {{ return(adapter.dispatch('json_text', 'buck')(column, path)) }}
{%- endmacro %}

{% macro default__json_text(column, path) -%}
    json_extract_string({{ column }}, '$.{{ path }}')
{%- endmacro %}

{% macro postgres__json_text(column, path) -%}
    (cast({{ column }} as json) #>> '{{ '{' ~ path.split('.') | join(',') ~ '}' }}')
{%- endmacro %}

{% macro snowflake__json_text(column, path) -%}
    json_extract_path_text({{ column }}, '{{ path }}')
{%- endmacro %}

{% macro bigquery__json_text(column, path) -%}
    json_value({{ column }}, '$.{{ path }}')
{%- endmacro %}

{#- It gives an empty text for what is not there. -#}
{% macro redshift__json_text(column, path) -%}
    nullif(json_extract_path_text({{ column }}, '{{ path.split('.') | join("', '") }}', true), '')
{%- endmacro %}

{% macro spark__json_text(column, path) -%}
    get_json_object({{ column }}, '$.{{ path }}')
{%- endmacro %}


{#- A whole number at a path of a JSON column. -#}
{% macro json_bigint(column, path) -%}
    cast({{ json_text(column, path) }} as bigint)
{%- endmacro %}


{#-
    A select with a row per element of a column's JSON array: the key columns, `position` (from 0) and
    `element` (JSON text, to be read with json_text). No row for an array that is null or empty.
-#}
{% macro unnest_json_array(relation, keys, column) -%}
    {{ return(adapter.dispatch('unnest_json_array', 'buck')(relation, keys, column)) }}
{%- endmacro %}

{% macro default__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        position,
        json_extract({{ column }}, '$[' || position || ']') as element
    from (
        select
            {{ keys | join(', ') }},
            {{ column }},
            unnest(range(coalesce(cast(json_array_length({{ column }}) as bigint), 0))) as position
        from {{ relation }}
    ) as positions
{%- endmacro %}

{% macro postgres__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        elements.place - 1 as position,
        cast(elements.element as text) as element
    from {{ relation }}
    cross join lateral json_array_elements(cast({{ column }} as json))
        with ordinality as elements(element, place)
{%- endmacro %}

{% macro snowflake__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        elements.index as position,
        to_json(elements.value) as element
    from {{ relation }},
        lateral flatten(input => parse_json({{ column }})) as elements
{%- endmacro %}

{% macro bigquery__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        position,
        element
    from {{ relation }}
    cross join unnest(json_extract_array({{ column }})) as element with offset as position
{%- endmacro %}

{% macro redshift__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        position,
        json_serialize(element) as element
    from (
        select
            {{ keys | join(', ') }},
            json_parse({{ column }}) as elements
        from {{ relation }}
    ) as parsed, parsed.elements as element at position
{%- endmacro %}

{% macro spark__unnest_json_array(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        position,
        element
    from {{ relation }}
    lateral view posexplode(from_json({{ column }}, 'array<string>')) elements as position, element
{%- endmacro %}
