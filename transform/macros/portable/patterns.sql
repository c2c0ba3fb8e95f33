{#-
    A regular expression that every engine reads alike. Backslashes are refused, for each engine has
    its own rule for them within a text: write [0-9] for a digit and [.] for a point.
-#}
{% macro checked_pattern(pattern) -%}
    {%- if '\\' in pattern or "'" in pattern -%}
        {{ exceptions.raise_compiler_error(
            "a pattern without backslash and quote is needed, not " ~ pattern ~ ": write [0-9] for a digit"
        ) }}
    {%- endif -%}
    '{{ pattern }}'
{%- endmacro %}


{#- Whether a pattern occurs anywhere in a text. -#}
{% macro regexp_found(text, pattern) -%}
    {{ return(adapter.dispatch('regexp_found', 'buck')(text, checked_pattern(pattern))) }}
{%- endmacro %}

{% macro default__regexp_found(text, pattern) -%}
    ({{ text }} ~ {{ pattern }})
{%- endmacro %}

{#- `~` there asks for the whole text. -#}
{% macro duckdb__regexp_found(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{#- regexp_like there asks for the whole text. -#}
{% macro snowflake__regexp_found(text, pattern) -%}
    (regexp_instr({{ text }}, {{ pattern }}) > 0)
{%- endmacro %}

{% macro bigquery__regexp_found(text, pattern) -%}
    regexp_contains({{ text }}, r{{ pattern }})
{%- endmacro %}

{% macro spark__regexp_found(text, pattern) -%}
    ({{ text }} rlike {{ pattern }})
{%- endmacro %}


{#- The text with every match replaced by a plain text. -#}
{% macro regexp_replaced(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replaced', 'buck')(
        text, checked_pattern(pattern), checked_pattern(replacement)
    )) }}
{%- endmacro %}

{% macro default__regexp_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }})
{%- endmacro %}

{% macro duckdb__regexp_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}

{% macro postgres__regexp_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}

{#- Redshift takes PostgreSQL's macro where it has none of its own; its function has no flags. -#}
{% macro redshift__regexp_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }})
{%- endmacro %}


{#- The first match, null if there is none. Groups are refused: some engines would give the group. -#}
{% macro regexp_first(text, pattern) -%}
    {%- if '(' in pattern -%}
        {{ exceptions.raise_compiler_error("a pattern without groups is needed, not " ~ pattern) }}
    {%- endif -%}
    {{ return(adapter.dispatch('regexp_first', 'buck')(text, checked_pattern(pattern))) }}
{%- endmacro %}

{% macro default__regexp_first(text, pattern) -%}
    nullif(regexp_substr({{ text }}, {{ pattern }}), '')
{%- endmacro %}

{% macro duckdb__regexp_first(text, pattern) -%}
    nullif(regexp_extract({{ text }}, {{ pattern }}), '')
{%- endmacro %}

{% macro postgres__regexp_first(text, pattern) -%}
    nullif(substring({{ text }} from {{ pattern }}), '')
{%- endmacro %}

{% macro redshift__regexp_first(text, pattern) -%}
    nullif(regexp_substr({{ text }}, {{ pattern }}), '')
{%- endmacro %}

{% macro bigquery__regexp_first(text, pattern) -%}
    nullif(regexp_extract({{ text }}, r{{ pattern }}), '')
{%- endmacro %}

{% macro spark__regexp_first(text, pattern) -%}
    nullif(regexp_extract({{ text }}, {{ pattern }}, 0), '')
{%- endmacro %}
