"""`buck reconcile`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait, read_window
from buck.cli.render import mark, say, show, show_json, show_table

COUNTS = ("missing", "extra", "different", "newer", "unlisted")


@app.command("reconcile")
def reconcile(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A source of .buck.yml.")],
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table; may be repeated.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option("--window", help="Only what happened in START..END, in source time."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Land what differs; nothing else is touched.")
    ] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Compare a source with the lake: keys, counts and content; exit 1 if they differ."""
    from buck.flow.reconcile import reconcile as compare

    found = compare(
        context.obj.project(),
        source,
        tables=tables or (),
        span=read_window(window),
        repairs=repair,
        wait_s=wait,
    )
    code = 4 if found.skipped else 0 if found.is_equal else 1
    if as_json:
        show_json(found.to_dict())
        raise typer.Exit(code)
    show_table(
        ["", "table", "source", "lake", *COUNTS, "held", "repaired"],
        [
            [
                mark("ok" if table.is_equal else "failed", err=False),
                table.table,
                table.source_rows,
                table.lake_rows,
                *(getattr(table, kind) or "" for kind in COUNTS),
                table.held or "",
                table.repaired or "",
            ]
            for table in found.tables
        ],
    )
    for table in found.tables:
        for kind, keys in table.samples.items():
            if kind in ("missing", "extra", "different"):
                show(f"  {table.table} {kind}: {' '.join(keys)}")
    for name, reason in found.skipped.items():
        say(f"! {source}.{name} could not be compared: {reason}")
    if not found.is_equal:
        show(f"{mark('failed', err=False)} {source} and the lake differ")
        say(f"next: buck reconcile {source} --repair")
    else:
        repaired = sum(table.repaired for table in found.tables)
        done = f"{repaired} rows repaired, now equal" if repaired else "the lake equals the source"
        show(f"{mark('ok', err=False)} {source}: {done}")
    raise typer.Exit(code)
