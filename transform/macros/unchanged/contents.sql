{#-
    What lies in tables, as text that differs when a row does. A table model and an incremental one write
    theirs down when they are built; of the rest it is asked once an invocation. How many rows there are
    is asked each time: it costs nothing, and tells of rows that someone took out.

    Args:
        tables: As `gather_reads` found them.
        found: What `look_at_reads` saw.
-#}
{% macro contents_of(tables, found) -%}
    {%- set contents, noted = {}, found.noted or {} -%}
    {%- for table in tables.values() -%}
        {%- set name = table.relation | string -%}
        {%- if name not in noted -%}
            {%- set content = run_query(rows_of(table.relation)).rows[0][0] -%}
            {%- do run_query(note_content(table.relation, "select '" ~ content ~ "'")) -%}
            {%- do noted.update({name: content}) -%}
        {%- endif -%}
        {%- set count = found.counts[name] if table.is_noted else '' -%}
        {%- do contents.update({name: noted[name] ~ ' ' ~ count}) -%}
    {%- endfor -%}
    {{ return(contents) }}
{%- endmacro %}


{#- The rows of a table, in no order; of a raw one, its versions, each with the hash that it landed with. -#}
{% macro rows_of(relation, is_log=false) -%}
    {%- set columns = '_buck_seq, _buck_op, _buck_load_id, _buck_row_hash' if is_log else 'read' -%}
    select count(*) || ' ' || coalesce(sum(hash({{ columns }})), 0) from {{ relation }} as read
{%- endmacro %}


{#-
    Replace what is noted of a table.

    Args:
        relation: The table.
        content: A query for one text.
        recipe: What its rows were built by.
        is_noted: A build wrote this, so that it holds until the next one does.
-#}
{% macro note_content(relation, content, recipe=none, is_noted=false) -%}
    delete from {{ table_contents() }} where table_name = '{{ relation }}';
    insert into {{ table_contents() }} (table_name, content, recipe, is_noted)
    select
        '{{ relation }}',
        ({{ content }}),
        {{ "'" ~ recipe ~ "'" if recipe else 'null' }},
        {{ is_noted }}
{%- endmacro %}


{#- Before everything else: where contents are noted, without what the last invocation only looked at. -#}
{% macro begin_noting() -%}
    {{ return(adapter.dispatch('begin_noting', 'buck')()) }}
{%- endmacro %}

{% macro default__begin_noting() -%}
{%- endmacro %}

{% macro duckdb__begin_noting() -%}
    create table if not exists {{ table_contents() }} (
        table_name varchar, content varchar, recipe varchar, is_noted boolean
    );
    delete from {{ table_contents() }} where not is_noted;
    {%- if execute and flags.WHICH in ('run', 'build') %}
    {{ note_raw_tables() }}
    {%- endif %}
{%- endmacro %}


{#- All at once what models that are tables read of raw tables, directly or through views. -#}
{% macro note_raw_tables() -%}
    {%- set reads = {'views': {}, 'tables': {}} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and writes_its_rows_alone(node) -%}
        {%- do gather_reads(node.depends_on.nodes, reads) -%}
    {%- endfor -%}
    {%- set landed = fromjson(run_query(
        "select json_group_object(name, is_log) from (select format('\"{}\".\"{}\".\"{}\"', database_name, "
        ~ "schema_name, table_name) as name, bool_or(column_name = '_buck_row_hash') as is_log "
        ~ "from duckdb_columns() where not internal group by all) as landed"
    ).rows[0][0]) -%}
    {%- set queries = [] -%}
    {%- for table in reads.tables.values() if table.is_raw and (table.relation | string) in landed -%}
        {%- set name = table.relation | string -%}
        {%- do queries.append(
            "select '" ~ name ~ "', (" ~ rows_of(name, is_log=landed[name]) ~ '), null, false'
        ) -%}
    {%- endfor -%}
    {%- if queries -%}
        insert into {{ table_contents() }} (table_name, content, recipe, is_noted)
        {{ queries | join('\nunion all\n') }}
    {%- endif -%}
{%- endmacro %}


{% macro table_contents() -%}
    "{{ target.database }}".main.table_contents
{%- endmacro %}
