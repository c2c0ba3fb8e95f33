"""`buck trace`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import show, show_json, show_table

CHARS = 60


@app.command("trace")
def trace(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A raw table, for example stripe.charges.")],
    key: Annotated[str, typer.Argument(help="The record's key; key columns joined by a comma.")],
    as_json: AsJson = False,
) -> None:
    """Show one record's life: its raw versions, what was held back, where it went."""
    from buck.flow.trace import trace_record

    found = trace_record(context.obj.project(), table, key)
    if as_json:
        show_json(found.to_dict())
        return
    show(f"{found.table} {found.key}: {len(found.versions)} raw versions")
    show_table(
        ["observed at", "op", "told by the source", "run", "load", "what changed"],
        [
            [
                version.observed_at,
                version.op,
                version.source_ts,
                version.run_id,
                version.load_id,
                _short(version.changes) if number else f"{len(version.changes)} columns",
            ]
            for number, version in enumerate(found.versions)
        ],
    )
    for entry in found.held:
        show(f"held back: {entry['id']} {entry['rule']} {entry['status']}: {entry['reason']}")
    if found.appearances:
        show_table(
            ["in", "zone", "by", "rows"],
            [[a.relation, a.zone, a.column, len(a.rows)] for a in found.appearances],
        )
    if found.feeds:
        show(f"counted in: {', '.join(found.feeds)}")


def _short(changes: object) -> str:
    if not isinstance(changes, dict):
        return ""
    text = ", ".join(f"{name}={value}" for name, value in changes.items())
    return text if len(text) <= CHARS else text[: CHARS - 1] + "…"
