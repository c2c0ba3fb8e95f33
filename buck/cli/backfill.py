"""`buck backfill`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, AsOf, Wait, read_time
from buck.cli.run import ApproveAs, Reason, execute
from buck.errors import ConfigError


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
    as_of: AsOf = None,
    wait: Wait = 0.0,
    approve_as: ApproveAs = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Land a stretch of time again, build, check and publish; no watermark moves."""
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
        span=TimeRange(start_at, end_at),
        span_tables=tables or (),
    )
