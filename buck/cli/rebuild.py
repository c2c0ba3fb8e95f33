"""`buck rebuild`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json, show_table


@app.command("rebuild")
def rebuild(
    context: typer.Context,
    snapshot: Annotated[str, typer.Argument(help="A snapshot, as `buck snapshots` lists it.")],
    from_git: Annotated[
        bool, typer.Option("--from-git", help="Use the dbt project of the snapshot's commit.")
    ] = False,
    with_present_models: Annotated[
        bool, typer.Option("--with-present-models", help="Build although models have changed.")
    ] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Build a snapshot again from the lake and compare it; exit 1 if it differs."""
    from buck.flow.rebuilding import rebuild_snapshot
    from buck.flow.snapshots import snapshot_number

    found = rebuild_snapshot(
        context.obj.project(),
        snapshot_number(snapshot),
        from_git=from_git,
        with_present_models=with_present_models,
        wait_s=wait,
    )
    if as_json:
        show_json(found.to_dict())
        raise typer.Exit(0 if found.is_equal else 1)
    show_table(
        ["", "mart", "rows", "rows rebuilt", "content", "content rebuilt"],
        [
            [
                mark("ok" if table.is_equal else "failed", err=False),
                table.table,
                table.rows,
                table.rows_rebuilt,
                table.content_hash[:12],
                (table.hash_rebuilt or "")[:12],
            ]
            for table in found.tables
        ],
    )
    for word, names in (("model", found.changed_models), ("package", found.changed_packages)):
        for name in names:
            say(f"! {word} {name} has changed since")
    sign = mark("ok" if found.is_equal else "failed", err=False)
    if found.is_equal:
        show(f"{sign} snapshot {found.snapshot.id} was built again, mart by mart the same")
    else:
        show(f"{sign} snapshot {found.snapshot.id} is not what the lake gives")
        say(f"next: compare with {found.database}")
    raise typer.Exit(0 if found.is_equal else 1)
