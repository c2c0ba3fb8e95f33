"""`buck rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json

if TYPE_CHECKING:
    from buck.project import Project


@app.command("rollback")
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="SNAPSHOT", help="Which one [default: the one before]."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", help="Go back in a warehouse, to an earlier promotion there."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")] = "",
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Publish an earlier snapshot again; nothing is built, and runs then wait."""
    from buck.flow.snapshots import read_hold, roll_back, snapshot_number

    project = context.obj.project()
    number = snapshot_number(to) if to is not None else None
    if target is not None:
        _roll_back_there(project, target, number, reason=reason, as_json=as_json)
        return
    snapshot = roll_back(project, number, reason=reason, wait_s=wait)
    hold = read_hold(project)
    if as_json:
        show_json({"snapshot": snapshot.id, "hold": hold.to_dict() if hold else None})
        return
    show(f"{mark('ok', err=False)} snapshot {snapshot.id} of run {snapshot.run_id} is published")
    if hold:
        say(f"runs publish nothing while {', '.join(hold.ids)} is withdrawn")
        say("next: repair the cause, buck run, then buck publish")
    else:
        say("next: buck run")


def _roll_back_there(
    project: Project, target: str, number: int | None, *, reason: str, as_json: bool
) -> None:
    from buck.flow.promotion_rollback import roll_back_promotion

    promotion = roll_back_promotion(project, target, number, reason=reason)
    if as_json:
        show_json({"target": target, "promotion": promotion.id, "snapshot": promotion.snapshot})
        return
    line = f"readers of {target} see promotion {promotion.id}, snapshot {promotion.snapshot}"
    show(f"{mark('ok', err=False)} {line}")
    say(f"next: repair the cause, buck run, then buck promote --target {target}")
