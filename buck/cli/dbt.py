"""`buck dbt …`: dbt itself, on the private build database."""

from __future__ import annotations

import typer

from buck.cli.app import app
from buck.cli.render import show

PASS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command("dbt", context_settings=PASS)
def dbt(context: typer.Context) -> None:
    """Run dbt itself: run, test, build, docs generate, and whatever else dbt can do.

    For example `buck dbt run --select marts.finance`. Models are built as candidates; nothing is
    published.
    """
    from buck.flow.dbt import run_dbt

    if not context.args or context.args[0] in ("-h", "--help"):
        show(context.get_help())
        return
    if not run_dbt(context.obj.project(), context.args, on_line=show):
        raise typer.Exit(1)
