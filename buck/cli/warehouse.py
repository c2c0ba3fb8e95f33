"""`buck warehouse load`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
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
