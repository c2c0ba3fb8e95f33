"""`buck dev`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json

if TYPE_CHECKING:
    from buck.records.dev import TableDifference, Turn

Once = Annotated[bool, typer.Option("--once", help="Build and compare once, then leave.")]
Select = Annotated[
    list[str] | None,
    typer.Argument(help="dbt's selection: built at the start, and again when it is below a save."),
]


@app.command("dev")
def dev(
    context: typer.Context, select: Select = None, once: Once = False, as_json: AsJson = False
) -> None:
    """Rebuild and test what you save, and show what differs from the published marts.

    Everything happens in a copy of the build database that belongs to the git branch: `buck run`,
    `query` and `shell` are not in its way, and nothing is published. Ctrl-C leaves.
    """
    from buck.flow.dev import work_on

    passed = True
    try:
        for turn in work_on(context.obj.project(), select or [], is_once=once):
            _show(turn, as_json=as_json)
            if not (turn.saved or once or as_json):
                say("watching transform/ (Ctrl-C leaves)")
            passed = turn.passed
    except KeyboardInterrupt:
        say("left; nothing was published")
        return
    raise typer.Exit(0 if passed else 1)


def _show(turn: Turn, *, as_json: bool) -> None:
    if as_json:
        show_json(turn.to_dict())
        return
    for note in turn.notes:
        say(note)
    if turn.saved:
        say(f"saved {', '.join(turn.saved)}")
    if turn.error:
        show(f"{mark('failed', err=False)} {turn.error}")
    for made in turn.built:
        show(f"{mark(made.status, err=False)} {made.name} ({made.seconds:.2f} s)")
        _tell(made.message if not made.is_good else "")
    put = [test for test in turn.tested if test.status != "skipped"]
    failed = [test for test in put if not test.is_good]
    for test in failed:
        show(f"{mark('failed', err=False)} {test.kind} {test.name}")
        _tell(test.message)
    if put:
        show(f"{len(put) - len(failed)} of {len(put)} checks passed")
    if left := len(turn.tested) - len(put):
        show(f"{left} checks were not run: what they are about was not built")
    for difference in turn.differences:
        _show_difference(difference)
    say(f"{turn.seconds:.2f} s")


def _tell(message: str) -> None:
    for line in message.splitlines():
        show(f"    {line}")


def _show_difference(found: TableDifference) -> None:
    if found.published_rows is None:
        show(f"  {found.table}: {found.rows} rows, not published")
        return
    if found.is_same:
        show(f"  {found.table}: {found.rows} rows, as published")
        return
    changed = f", {found.changed_rows} changed" if found.key else " (no key: rows compared whole)"
    show(f"  {found.table}: {found.added} rows added, {found.removed} removed{changed}")
    for name in found.new_columns:
        show(f"    + column {name}")
    for name in found.lost_columns:
        show(f"    - column {name}")
    for column in found.changed:
        show(f"    ~ {column.name}: {column.rows} rows")
        for key, before, now in column.samples:
            show(f"        {key}: {before} → {now}")
