"""`buck reproduce`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json
from buck.cli.run import show_blocking


@app.command("reproduce")
def reproduce(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's id, or how it begins.")],
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Bring a run's candidates back and judge them again; exit 3 if they fail."""
    from buck.flow.reproducing import reproduce_run

    found = reproduce_run(context.obj.project(), run, wait_s=wait)
    if as_json:
        show_json(found.to_dict())
        raise typer.Exit(0 if found.report.passed else 3)
    if not found.report.passed:
        show_blocking(found.report)
    counts = ", ".join(f"{n} {outcome}" for outcome, n in found.report.counts.items() if n)
    sign = mark("ok" if found.report.passed else "gate_closed", err=False)
    show(f"{sign} candidates of run {found.run_id}, as of {found.as_of:%Y-%m-%d %H:%M}: {counts}")
    say('next: buck query --candidate "…" to look at rows')
    raise typer.Exit(0 if found.report.passed else 3)
