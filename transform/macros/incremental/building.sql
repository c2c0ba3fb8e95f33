{#-
    Before an incremental model's own SQL: find the affected keys and delete their rows. A full build
    only writes down what it is about to see.

    Watermarks are read before the rows are, so what lands meanwhile is new to the next build. They
    hold once `finish_incremental` has counted the table; a build that broke off leaves them as they
    were, and a table that is not as that count left it is computed again whole.
-#}
{% macro begin_incremental(declared, key) -%}
    {%- if execute -%}
        {%- set declared = dict(declared, inputs=changing_inputs(declared)) -%}
        {%- do run_query(create_watermarks()) -%}
        {%- set last = last_build() -%}
        {%- set present = look_at_inputs(declared, last) -%}
        {%- set number = last.number + (1 if is_incremental() else 2) -%}
        {%- do run_query('delete from ' ~ watermarks(this) ~ ' where build_number <> ' ~ last.number) -%}
        {%- set recipes = recipes_of_differing(declared) -%}
        {%- do run_query(note_inputs(declared, present, number, recipes)) -%}
        {%- do run_query('drop table if exists ' ~ affected_keys(this)) -%}
        {%- if is_incremental() -%}
            {%- set trusted = is_trusted(declared, last, present) -%}
            {%- set young = young_keys(declared, key) if trusted else none -%}
            {%- do run_query(find_affected(declared, key, last, present, recipes, trusted, young)) -%}
            {%- if declared.get('compares') -%}
                {%- do keep_differing(key) -%}
            {%- endif -%}
            {%- for column in declared.get('groups', []) -%}
                {%- do run_query('drop table if exists ' ~ affected_groups(this, column)) -%}
                {%- do run_query(keep_groups(key, column)) -%}
            {%- endfor -%}
            {%- for column in declared.get('carries', []) -%}
                {%- do run_query('drop table if exists ' ~ carried(this, column)) -%}
                {%- do run_query(keep_carried(key, column)) -%}
            {%- endfor -%}
            delete from {{ this }}
            where {{ key }} in (select affected_key from {{ affected_keys(this) }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- The inputs, but for models that stand in for one that is not there: nothing is ever built in them. -#}
{% macro changing_inputs(declared) -%}
    {%- set stand_ins = [] -%}
    {%- for node in graph.nodes.values() if node.config.get('meta', {}).get('stands_in') -%}
        {%- do stand_ins.append(node.name) -%}
    {%- endfor -%}
    {{ return(declared.inputs | rejectattr('relation.identifier', 'in', stand_ins) | list) }}
{%- endmacro %}


{#- The values of a column in the rows that are about to be deleted. -#}
{% macro keep_groups(key, column) -%}
    create table {{ affected_groups(this, column) }} as
    select distinct {{ column }} as affected_key
    from {{ this }}
    where {{ key }} in (select affected_key from {{ affected_keys(this) }})
{%- endmacro %}


{#- What a column says in the rows that are about to be deleted, if it can only say the same again. -#}
{% macro keep_carried(key, column) -%}
    create table {{ carried(this, column) }} as
    select {{ key }}, {{ column }}
    from {{ this }}
    where {{ key }} in (select affected_key from {{ affected_keys(this) }} where moves = 0)
{%- endmacro %}


{#- After it: the watermarks that `begin_incremental` wrote down hold from here on. -#}
{% macro finish_incremental(declared) -%}
    {%- if execute -%}
        {%- do note_incremental() -%}
    {%- endif -%}
    insert into {{ watermarks(this) }} (build_number, input, mark, row_count, last_load)
    select
        (select max(build_number) from {{ watermarks(this) }}),
        '{{ built_name() }}',
        {{ content_stamp(declared) }},
        count(*),
        cast(null as {{ text_type() }})
    from {{ this }}
{%- endmacro %}


{#-
    For what is built from this model: it has other rows from now on, unless no key was affected. Its
    rows are too many to be hashed again each time.
-#}
{% macro note_incremental() -%}
    {{ return(adapter.dispatch('note_incremental', 'buck')()) }}
{%- endmacro %}

{% macro default__note_incremental() -%}
{%- endmacro %}

{% macro duckdb__note_incremental() -%}
    {%- set affected = affected_keys(this) -%}
    {%- set found = run_query("select 1 from duckdb_tables()
        where (database_name, schema_name, table_name)
            = ('" ~ affected.database ~ "', '" ~ affected.schema ~ "', '" ~ affected.identifier ~ "')"
    ).rows -%}
    {#- A full build has no affected keys; every row is another then. -#}
    {%- if not found or run_query('select 1 from ' ~ affected ~ ' limit 1').rows -%}
        {%- do run_query('delete from ' ~ table_contents() ~ " where table_name = '" ~ this ~ "'") -%}
        {%- do run_query('insert into ' ~ table_contents() ~ " (table_name, content, is_noted)
            select '" ~ this ~ "', '" ~ invocation_id ~ " ' || max(build_number), true
            from " ~ watermarks(this)) -%}
    {%- endif -%}
{%- endmacro %}


{#- The name under which a model's own table stands among its watermarks. -#}
{% macro built_name() -%}
    {{ return('(built)') }}
{%- endmacro %}


{#- A number that differs, in all likelihood, between two states of the table with as many rows. -#}
{% macro content_stamp(declared) -%}
    coalesce(
        cast(sum(mod({{ unix_micros(declared.get('stamp', 'buck_updated_at')) }}, 1000003)) as bigint), 0
    )
{%- endmacro %}


{% macro create_watermarks() -%}
    create table if not exists {{ watermarks(this) }} (
        build_number bigint,
        input {{ text_type() }},
        mark bigint,
        row_count bigint,
        last_load {{ text_type() }}
    )
{%- endmacro %}


{#- The newest finished build: its number (0 if there is none) and what it had seen, by input. -#}
{% macro last_build() -%}
    {%- set rows = run_query(
        'select build_number, input, mark, row_count, last_load from ' ~ watermarks(this)
    ).rows -%}
    {%- set finished = rows | selectattr(1, 'equalto', built_name()) | map(attribute=0) | map('int') | list -%}
    {%- set number = finished | max if finished else 0 -%}
    {%- set seen = {} -%}
    {%- for row in rows if row[0] | int == number -%}
        {%- do seen.update({row[1]: {'mark': row[2] | int, 'rows': row[3] | int, 'load': row[4]}}) -%}
    {%- endfor -%}
    {{ return({'number': number, 'seen': seen}) }}
{%- endmacro %}
