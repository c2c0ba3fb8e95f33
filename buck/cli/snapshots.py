"""`buck snapshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import say, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping


@app.command("snapshots")
def snapshots(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what was published when, from which run, and which snapshot readers see."""
    from buck.flow.snapshots import list_snapshots, read_hold

    project = context.obj.project()
    kept = list_snapshots(project)
    if as_json:
        show_json([one.to_dict() for one in kept])
        return
    if not kept:
        say("nothing is published yet; next: buck run")
        return
    show_table(
        ["", "snapshot", "published at", "as of", "run", "checks", "approved by", "rows"],
        [
            [
                {"current": "→", "earlier": "", "withdrawn": "✗"}[one.standing],
                one.snapshot.id,
                f"{one.snapshot.published_at:%Y-%m-%d %H:%M}",
                f"{one.snapshot.as_of:%Y-%m-%d %H:%M}",
                one.snapshot.run_id,
                ", ".join(f"{n} {o}" for o, n in one.snapshot.approval["counts"].items() if n),
                ": ".join(filter(None, _approval(one.snapshot.approval))),
                sum(table.rows for table in one.snapshot.tables),
            ]
            for one in kept
        ],
        spare=["run", "as of", "rows"],
    )
    if hold := read_hold(project):
        why = f": {hold.reason}" if hold.reason else ""
        say(f"! {', '.join(hold.ids)} withdrawn at {hold.at:%Y-%m-%d %H:%M}{why}")
        newest = max(hold.ids)
        say(f"next: buck publish when the candidates are right, or buck rollback --to {newest}")
    elif earlier := [one.snapshot.id for one in kept if one.standing == "earlier"]:
        say(f"next: buck rollback --to {earlier[0]} shows the one before")
    else:
        say("next: buck run publishes another one when something is new")


def _approval(approval: Mapping[str, Any]) -> tuple[str, str]:
    return approval["approved_by"], approval.get("reason", "")
