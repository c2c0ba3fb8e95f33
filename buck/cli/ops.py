"""`buck ops`."""

from __future__ import annotations

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show_json, show_table

group = typer.Typer(no_args_is_help=True, help="What runs did, as tables.")
app.add_typer(group, name="ops")


@group.command("build")
def build(context: typer.Context, wait: Wait = 0.0, as_json: AsJson = False) -> None:
    """Model data_pipeline_logs by dbt into lake/ops.duckdb; 3 if its checks fail."""
    from buck.flow.ops import build_ops

    done = build_ops(context.obj.project(), wait_s=wait)
    if as_json:
        show_json(done.to_dict())
        return
    show_table(["table", "rows"], [[table, rows] for table, rows in done.tables.items()])
    say(f"{mark('passed')} {done.checks} checks passed, {done.events:,} events")
    say('next: buck query --ops "from ops_pipelines_daily"')
