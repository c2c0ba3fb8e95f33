"""`buck backfill`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import Invocation, app
from buck.cli.options import AsJson, AsOf, Wait, read_time
from buck.cli.render import mark, say, show_json, show_table
from buck.cli.run import ApproveAs, Reason, execute
from buck.errors import ConfigError, LakeError, SourceError

if TYPE_CHECKING:
    from buck.records.load import TimeRange

SIGNS = {"done": "ok", "failed": "failed", "left": ""}


@app.command("backfill")
def backfill(
    context: typer.Context,
    pipeline: Annotated[str, typer.Argument(help="A pipeline of .buck.yml, or `all`.")],
    start: Annotated[
        str, typer.Option("--start", help="From when on, in the source's time (UTC).")
    ],
    end: Annotated[str, typer.Option("--end", help="Until when; this moment is left out.")],
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table, such as stripe.charges; repeatable."),
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="Show what is done, failed and left; land nothing.")
    ] = False,
    parallel: Annotated[
        int, typer.Option("--parallel", help="How many parts are read side by side.")
    ] = 1,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    approve_as: ApproveAs = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Land a stretch of time again in parts, build, check and publish; no watermark moves."""
    span = _read_span(start, end)
    if parallel < 1:
        raise ConfigError(
            f"--parallel {parallel} is less than one part at a time",
            hint="--parallel 4 reads four parts side by side",
        )
    if grid:
        _show_grid(context.obj, pipeline, span, tables or (), as_json=as_json)
        return
    try:
        execute(
            context.obj,
            pipeline,
            full_refresh=False,
            confirm_deletions=(),
            as_of=as_of,
            wait_s=wait,
            approve_as=approve_as,
            reason=reason,
            as_json=as_json,
            span=span,
            span_tables=tables or (),
            parallel=parallel,
        )
    except (SourceError, LakeError):
        if not as_json:
            _show_grid(context.obj, pipeline, span, tables or (), as_json=False)
            say("next: the same command goes on with what failed and what is left")
        raise


def _read_span(start: str, end: str) -> TimeRange:
    from buck.records.load import TimeRange

    start_at, end_at = read_time(start), read_time(end)
    assert start_at is not None
    assert end_at is not None
    if start_at >= end_at:
        raise ConfigError(
            f"--start {start} is not before --end {end}",
            hint="the range is [start, end): for all of January --start 2026-01-01 "
            "--end 2026-02-01",
        )
    return TimeRange(start_at.astimezone(UTC), end_at.astimezone(UTC))


def _show_grid(
    invocation: Invocation,
    pipeline: str,
    span: TimeRange,
    tables: Sequence[str],
    *,
    as_json: bool,
) -> None:
    from buck.flow.backfilling import part_name, read_grid

    found = read_grid(invocation.project(), pipeline, span, tables=tables)
    if as_json:
        show_json([part.to_dict() for part in found])
        return
    show_table(
        ["", "part", "status", "new rows", "error"],
        [
            [mark(SIGNS[p.status], err=False), part_name(p.span), p.status, p.rows_landed, p.error]
            for p in found
        ],
    )
    counts = Counter(part.status for part in found)
    say(f"{counts['done']} done, {counts['failed']} failed, {counts['left']} left")
