"""`buck lake du`, `compact`, `vacuum` and `migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.lake import group
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.records.upkeep import Removal

Tables = Annotated[
    list[str] | None, typer.Argument(metavar="[TABLE]...", help="Only these [default: all].")
]


@group.command("du")
def usage(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=0, help="Growth since so many days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Show what every table takes, how it grew, and what only kept snapshots need."""
    from buck.flow.upkeep import measure_usage

    told = measure_usage(context.obj.project(), days=days)
    if as_json:
        show_json(told.to_dict())
        return
    if not told.tables:
        say("the lake is empty; next: buck run")
        return
    grown = [f"{what} since {told.since:%Y-%m-%d}" for what in ("rows", "bytes")]
    show_table(
        ["layer", "table", "rows", grown[0], "bytes", grown[1], "stored bytes", "pinned bytes"],
        [
            [
                t.layer,
                t.table,
                t.rows,
                t.rows_added,
                t.size_bytes,
                t.bytes_added,
                t.stored_bytes,
                t.pinned_bytes,
            ]
            for t in told.tables
        ],
        spare=["bytes", "layer", *grown],
    )
    stored, pinned = told.total("stored_bytes"), told.total("pinned_bytes")
    say(f"{stored:,} bytes stored, of which {pinned:,} are there for kept snapshots alone")
    say("next: buck lake vacuum shows what may go")


@group.command("compact")
def compact(
    context: typer.Context,
    tables: Tables = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be merged; change nothing.")
    ] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Merge small files of raw tables that have many; no row and no mark changes."""
    from buck.flow.upkeep import compact_lake

    project = context.obj.project()
    done = compact_lake(project, tables or (), dry_run=dry_run, wait_s=wait)
    if as_json:
        show_json([one.to_dict() for one in done])
        return
    if not done:
        least = project.settings.lake.compaction.min_files
        say(f"nothing to merge: no table of them has {least} small files")
        return
    show_table(
        ["table", "files before", "files after", "bytes before", "bytes after", "version"],
        [
            [c.table, c.files_before, c.files_after, c.size_before, c.size_after, c.version]
            for c in done
        ],
    )
    say("next: buck lake compact does it" if dry_run else "next: buck lake vacuum")


@group.command("vacuum")
def vacuum(
    context: typer.Context,
    tables: Tables = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them.")] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Show files that nothing needs any more, and with --yes remove them."""
    from buck.flow.upkeep import vacuum_lake

    project = context.obj.project()
    found = vacuum_lake(project, tables or (), dry_run=not yes, wait_s=wait)
    refused = [one for one in found if one.refused]
    if as_json:
        show_json({"removed": yes, "tables": [one.to_dict() for one in found]})
    else:
        _show_removals(found, is_done=yes)
    if refused:
        raise typer.Exit(1)


def _show_removals(found: list[Removal], *, is_done: bool) -> None:
    if found:
        show_table(
            ["layer", "table", "removed" if is_done else "to remove", "bytes", "kept for"],
            [
                [
                    one.layer,
                    one.table,
                    len(one.files),
                    one.size_bytes,
                    ", ".join(f"{who}: {n}" for who, n in one.kept.items()),
                ]
                for one in found
            ],
        )
    for one in found:
        if one.refused:
            say(f"{mark('failed')} nothing of {one.table} is removed: {one.refused}")
    files = sum(len(one.files) for one in found)
    size = f"{sum(one.size_bytes for one in found):,}"
    if is_done:
        say(f"{files} files removed, {size} bytes")
    elif files:
        say(f"{files} files may go, {size} bytes; next: buck lake vacuum --yes")
    else:
        say("nothing may go")


@group.command("migrate")
def migrate(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Show the lake's format, and with --yes bring it to this Buck's newest."""
    from buck.flow.upkeep import migrate_lake

    found = migrate_lake(context.obj.project(), dry_run=not yes, wait_s=wait)
    if as_json:
        show_json(found.to_dict())
    elif found.before == found.after:
        show(f"{mark('unchanged', err=False)} the lake has format {found.after}, the newest")
    elif yes:
        show(f"{mark('ok', err=False)} the lake has format {found.after}, before {found.before}")
    else:
        show(f"the lake has format {found.before}, the newest is {found.after}")
        say("next: buck backup TO, then buck lake migrate --yes")
