"""`buck backup` and `buck restore`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json, show_table


@app.command("backup")
def backup(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="PLACE", help="A folder or `s3://bucket/prefix`.")
    ],
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, help="Afterwards remove all but the newest so many backups."),
    ] = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Copy the whole lake: raw tables, held records, snapshots and ledger, as one state."""
    from buck.flow.backup import back_up_lake

    done = back_up_lake(context.obj.project(), to, keep=keep, wait_s=wait)
    if as_json:
        show_json(done.to_dict())
        return
    held = done.backup
    show(f"{mark('ok', err=False)} backup {held.id}: {len(held.objects)} objects")
    say(f"{done.copied} of them are new in {to}, {done.copied_bytes:,} bytes")
    if done.pruned.backups:
        count, size = len(done.pruned.backups), done.pruned.size_bytes
        say(f"removed {count} older backups, and {size:,} bytes that only they had")
    say(f"next: buck restore {to} brings it back")


@app.command("restore")
def restore(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="FROM", help="What `buck backup --to` named.")],
    backup_id: Annotated[
        str | None, typer.Option("--backup", metavar="ID", help="Which one [default: the newest].")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the lake that is there, all of it.")
    ] = False,
    only_list: Annotated[
        bool, typer.Option("--list", help="Show the backups; restore nothing.")
    ] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Make the lake what it was in a backup, which is proven first."""
    from buck.flow.backup import list_backups, restore_lake

    project = context.obj.project()
    if only_list:
        _show_backups([one.to_dict() for one in list_backups(project, place)], as_json=as_json)
        return
    done = restore_lake(project, place, backup_id=backup_id, replace=replace, wait_s=wait)
    if as_json:
        show_json(done.to_dict())
        return
    held = done.backup
    show(f"{mark('ok', err=False)} the lake is what it was in backup {held.id}")
    say(f"{done.copied} of {len(held.objects)} objects copied, {done.removed} removed")
    say("next: buck lake verify, then buck run continues from there")


def _show_backups(found: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    titles = ["backup", "created at", "snapshot", "objects", "bytes"]
    keys = ["backup", "created_at", "snapshot", "objects", "size_bytes"]
    show_table(titles, [[one[key] for key in keys] for one in found])
