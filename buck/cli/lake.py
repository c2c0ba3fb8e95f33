"""`buck lake`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import say, show_json, show_table

group = typer.Typer(no_args_is_help=True, help="What lies in the lake, and upkeep.")
app.add_typer(group, name="lake")


@group.command("ls")
def list_tables(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every raw table and published mart: version, rows, files and bytes."""
    from buck.flow.contents import measure_lake

    tables = measure_lake(context.obj.project())
    if as_json:
        show_json([table.to_dict() for table in tables])
        return
    if not tables:
        say("the lake is empty; next: buck run")
        return
    show_table(
        ["layer", "table", "version", "rows", "files", "bytes", "stored bytes"],
        [
            [t.layer, t.table, t.version, t.rows, t.files, t.size_bytes, t.stored_bytes]
            for t in tables
        ],
        spare=["files", "bytes"],
    )
    say(f"{len(tables)} tables, {sum(t.stored_bytes for t in tables):,} bytes stored")
    say("next: buck lake history SOURCE.TABLE")


@group.command("history")
def history(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A raw table, such as `stripe.charges`.")],
    as_json: AsJson = False,
) -> None:
    """Show every version of a raw table, newest first, with the run that landed it."""
    from buck.flow.contents import table_history

    commits = table_history(context.obj.project(), table)
    if as_json:
        show_json([commit.to_dict() for commit in commits])
        return
    show_table(
        ["version", "at", "operation", "rows", "load", "run"],
        [
            [
                c.version,
                f"{c.at:%Y-%m-%d %H:%M:%S}" if c.at else "",
                c.operation,
                c.rows,
                c.load_id,
                c.run_id,
            ]
            for c in commits
        ],
    )
