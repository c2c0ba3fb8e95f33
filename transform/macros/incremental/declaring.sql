{#-
    How an incremental model is built, for its `config`: what changed in its inputs since it was last
    built says which keys are affected, those are deleted and computed again, and nothing else is
    touched. See docs/explanation/incremental.md.

    `key` is the column whose values are rebuilt together: a row's own key, or what groups rows.
    `inputs` is a call, as text, that gives {'inputs': […], 'differs': […], 'young': …}:
      inputs   `log_input`s and `built_input`s; every key there can be comes from one of them
      differs  `differing` queries for keys whose rows no longer say what other models say now
      young    a condition on the model's rows, each of a key of its own: these are computed again in every
               build, as a belt
      stamp    a column that shows when a row's inputs landed [buck_updated_at]
      carries  columns that only inputs and `differing` queries with `moves` can make others: rows that are
               computed again for another reason take theirs from `carried`
      compares of the affected keys only those count whose rows come out as others (on DuckDB): for a model
               that says little of what it reads, so that most changes end there
      groups   columns by which other incremental models gather the rows: a line's order
-#}
{% macro built_by_key(key, inputs) -%}
    {%- set arguments = inputs ~ ", '" ~ key ~ "'" -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': append_strategy(),
        'on_schema_change': 'fail',
        'pre_hook': '{{ begin_incremental(' ~ arguments ~ ') }}',
        'post_hook': '{{ finish_incremental(' ~ inputs ~ ') }}',
        'meta': {'built_by_key': key},
    }) }}
{%- endmacro %}


{#- The strategy that only inserts. BigQuery has none of that name; its merge without a key is one. -#}
{% macro append_strategy() -%}
    {{ return('merge' if target.type == 'bigquery' else 'append') }}
{%- endmacro %}


{#-
    A raw table as an input. Every version of a record that changed counts, so that a record that moved
    from one key to another affects both.

    Args:
        relation: The raw table.
        key: An expression for the model's key, over a row of it.
        id: The raw table's own key.
        via: Instead, a query for the keys; `{changed}` in it stands for the versions as a table.
-#}
{% macro log_input(relation, key=none, id='id', via=none) -%}
    {{ return({'kind': 'log', 'relation': relation, 'key': key, 'id': id, 'via': via}) }}
{%- endmacro %}


{#- What a staging model of one raw table declares: a record's newest version hangs on its own alone. -#}
{% macro newest_version_inputs(relation, groups=[]) -%}
    {{ return({
        'inputs': [log_input(relation, key='id')],
        'groups': groups,
        'stamp': '_buck_observed_at',
    }) }}
{%- endmacro %}


{#-
    Another incremental model as an input: the keys that it built again.

    Args:
        relation: The model.
        key: The column that is its key; the values are keys of this model, too.
        group: Instead, one of its `groups`, whose values are keys of this model: those that the rows
            had before and those that they have now.
        via: Instead of either being this model's keys, a query for them; `{changed}` in it stands for
            a table of the other's, `affected_key`.
        moves: What this model `carries` can be another in rows of these keys.
-#}
{% macro built_input(relation, key, group=none, via=none, moves=false) -%}
    {{ return({
        'kind': 'built', 'relation': relation, 'key': key, 'group': group, 'via': via, 'moves': moves,
    }) }}
{%- endmacro %}


{#-
    A query for keys of {{ this }} whose rows no longer say what other models say now.

    Args:
        query: The query.
        reads: The models that it reads beside {{ this }}: where none of them has changed since the last
            build, there is nothing to ask.
        beside: More that it reads, of whose changes an input tells already.
        moves: What this model `carries` can be another in these rows.
-#}
{% macro differing(query, reads, beside=[], moves=false) -%}
    {{ return({'query': query, 'reads': reads, 'beside': beside, 'moves': moves}) }}
{%- endmacro %}


{#- Whether a row is to be computed in this build: of an affected key, or any in a full one. -#}
{% macro is_affected(column) -%}
    {%- if is_incremental() -%}
        {{ column }} in (select affected_key from {{ affected_keys(this) }})
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}


{#-
    What an incremental model reads of a view whose outer joins would be done for every row first.

    Args:
        affected: The view's query with `is_affected` put where it saves work; see macros/enriched.
        all: The view.
-#}
{% macro affected_or_all(affected, all) -%}
    {{ return(affected if is_incremental() else 'select * from ' ~ all) }}
{%- endmacro %}


{#-
    A condition that keeps rows which belong to those that are built, where there are fewer than all.

    Args:
        column: The column that says so, in both.
        affected: The affected rows, a common table expression.
-#}
{% macro of_affected(column, affected) -%}
    {%- if is_incremental() -%}
        where {{ column }} in (select {{ affected }}.{{ column }} from {{ affected }})
    {%- endif -%}
{%- endmacro %}


{#- The table of the keys that a model's last incremental build computed again. -#}
{% macro affected_keys(relation) -%}
    {{ return(beside(relation, '__affected')) }}
{%- endmacro %}


{#- The table of the values that the rows computed again had in a column before. -#}
{% macro affected_groups(relation, column) -%}
    {{ return(beside(relation, '__affected_' ~ column)) }}
{%- endmacro %}


{#- The table of what a column said in the rows computed again, while it can only say the same. -#}
{% macro carried(relation, column) -%}
    {{ return(beside(relation, '__carried_' ~ column)) }}
{%- endmacro %}


{#- The table that says what a model's builds have seen of its inputs. -#}
{% macro watermarks(relation) -%}
    {{ return(beside(relation, '__watermarks')) }}
{%- endmacro %}


{% macro beside(relation, suffix) -%}
    {{ return(api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier ~ suffix,
        type='table',
    )) }}
{%- endmacro %}
