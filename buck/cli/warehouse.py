"""`buck warehouse load`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.promote_script import say_upload, show_script
from buck.cli.render import mark, say, show, show_json

group = typer.Typer(no_args_is_help=True, help="The same raw tables and models elsewhere.")
app.add_typer(group, name="warehouse")


@group.command("load")
def load(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="A target of profiles.yml, such as postgres.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be replaced; connect to nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replace every raw table of a warehouse by what the lake holds now."""
    from buck.flow.warehouse import load_raw

    tables = load_raw(context.obj.project(), target, dry_run=dry_run)
    if as_json:
        show_json(
            {"target": target, "loaded": not dry_run, "tables": [t.to_dict() for t in tables]}
        )
        return
    for table in tables:
        rows = "would be replaced" if dry_run else f"{table.rows:,} rows"
        show(f"{mark('ok', err=False)} {table.table}  version {table.version}, {rows}")
    say(f"next: buck dbt build --target {target}")


@group.command("external")
def external(
    context: typer.Context,
    target: Annotated[
        str, typer.Argument(help="A target of type snowflake, bigquery, databricks or redshift.")
    ],
    to: Annotated[
        Path | None, typer.Option("--to", help="Put the statements in a folder instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what makes a warehouse read raw tables in the lake's bucket, without a copy.

    Nothing is connected to. For a lake in a bucket only.
    """
    from buck.flow.external_tables import script_external_tables
    from buck.flow.promotion_script import keep_script

    script = script_external_tables(context.obj.project(), target)
    if to is not None:
        keep_script(script, to, name="external.sql")
    if as_json:
        show_json(script.to_dict())
        return
    if to is None:
        show_script(script)
    say(f"{len(script.stretches)} raw tables; nothing was written there")
    say_upload(script, to)
    where = to / "external.sql" if to else "these statements"
    say(f"next: read and run {where} there, then buck dbt build --target {target}")
