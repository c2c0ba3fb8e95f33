"""`buck alerts list|test`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json, show_table

group = typer.Typer(no_args_is_help=True, help="Say who is told what, and whether it arrives.")
app.add_typer(group, name="alerts")


@group.command("list")
def list_open(context: typer.Context, as_json: AsJson = False) -> None:
    """Show incidents that are open, and who was told."""
    from buck.flow.alert_state import list_incidents

    incidents = list_incidents(context.obj.project())
    if as_json:
        show_json([incident.to_dict() for incident in incidents])
        return
    show_table(
        ["incident", "kind", "owner", "since", "runs", "what", "told by"],
        [
            [i.id, i.kind, i.owner, i.opened_at[:16], i.runs, i.title, ", ".join(i.told)]
            for i in incidents
        ],
    )
    if not incidents:
        say("no incident is open")


@group.command("test")
def try_out(
    context: typer.Context,
    owner: Annotated[str, typer.Option("--owner", help="Whose channels.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a test message on every channel; 1 if one does not work."""
    from buck.flow.alert_state import try_channels

    told = try_channels(context.obj.project(), owner)
    if as_json:
        show_json([{"channel": d.channel, "status": d.status, "error": d.error} for d in told])
    else:
        for delivery in told:
            why = f": {delivery.error}" if delivery.error else ""
            show(f"{mark(delivery.status, err=False)} {delivery.channel} {delivery.status}{why}")
    raise typer.Exit(0 if all(d.status == "ok" for d in told) else 1)
