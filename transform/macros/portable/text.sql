{#- The first of some texts that is there. -#}
{% macro first_text() -%}
    coalesce({{ varargs | join(', ') }})
{%- endmacro %}


{#- One spelling per mailbox: trimmed, lower case; null unless it can be an address at all. -#}
{% macro normalised_email(email) -%}
    case when trim({{ email }}) like '%_@_%' then lower(trim({{ email }})) end
{%- endmacro %}


{#- Some values in a row as one text; a null adds nothing (`concat` gives null on some engines). -#}
{% macro concat_text(values) -%}
    {%- for value in values -%}
        coalesce({{ as_text(value) }}, ''){{ ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- MD5 as 32 lower-case hexadecimal digits. -#}
{% macro hash_text(text) -%}
    {{ return(adapter.dispatch('hash_text', 'buck')(text)) }}
{%- endmacro %}

{% macro default__hash_text(text) -%}
    md5({{ text }})
{%- endmacro %}

{% macro bigquery__hash_text(text) -%}
    to_hex(md5({{ text }}))
{%- endmacro %}


{#- A stable text key over some columns; null is a value of its own. Instants go in as unix_micros. -#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(" ~ as_text(column) ~ ", '~')") -%}
    {%- endfor -%}
    {{ hash_text(parts | join(" || '|' || ")) }}
{%- endmacro %}


{#- The part of a text between separators, counted from 1; null where there are fewer. -#}
{% macro split_text(text, separator, number) -%}
    {{ return(adapter.dispatch('split_text', 'buck')(text, separator, number)) }}
{%- endmacro %}

{% macro default__split_text(text, separator, number) -%}
    nullif(split_part({{ text }}, '{{ separator }}', {{ number }}), '')
{%- endmacro %}

{% macro bigquery__split_text(text, separator, number) -%}
    nullif(split({{ text }}, '{{ separator }}')[safe_ordinal({{ number }})], '')
{%- endmacro %}


{#- All values of a group in one text, in an order; nulls are left out. -#}
{% macro join_text(value, separator, order_by) -%}
    {{ return(adapter.dispatch('join_text', 'buck')(value, separator, order_by)) }}
{%- endmacro %}

{% macro default__join_text(value, separator, order_by) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro snowflake__join_text(value, separator, order_by) -%}
    nullif(listagg({{ value }}, '{{ separator }}') within group (order by {{ order_by }}), '')
{%- endmacro %}

{% macro redshift__join_text(value, separator, order_by) -%}
    listagg({{ value }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{% macro spark__join_text(value, separator, order_by) -%}
    nullif(
        array_join(
            transform(
                array_sort(collect_list(struct({{ order_by }} as place, {{ value }} as given))),
                item -> item.given
            ),
            '{{ separator }}'
        ),
        ''
    )
{%- endmacro %}


{#- true for true, t, yes, y, on and 1, false for their opposites, whatever the case; else null. -#}
{% macro parse_boolean(text) -%}
    case
        when lower(trim({{ as_text(text) }})) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim({{ as_text(text) }})) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end
{%- endmacro %}
