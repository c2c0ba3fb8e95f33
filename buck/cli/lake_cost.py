"""`buck lake cost`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.lake import group
from buck.cli.options import AsJson
from buck.cli.render import say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.records.cost import CostReport

SHOWN = 15


@group.command("cost")
def cost(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=0, help="Of so many days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Show bytes and growth per table, time per model and step, and savings."""
    from buck.flow.costs import measure_costs

    report = measure_costs(context.obj.project(), days=days)
    if as_json:
        show_json(report.to_dict())
    elif not report.usage.tables:
        say("the lake is empty; next: buck run")
    else:
        _show_cost(report)


def _show_cost(report: CostReport) -> None:
    tables = sorted(report.usage.tables, key=lambda t: -t.stored_bytes)
    show_table(
        ["layer", "table", "files", "rows", "new rows", "stored bytes", "new bytes"],
        [
            [t.layer, t.table, t.files, t.rows, t.rows_added, t.stored_bytes, t.bytes_added]
            for t in tables[:SHOWN]
        ],
        spare=["layer", "files", "new rows"],
    )
    if report.models:
        show()
        show_table(
            ["model", "built as", "builds", "seconds", "mean", "longest", "reads bytes"],
            [
                [
                    m.model,
                    m.materialized,
                    m.builds,
                    m.seconds,
                    m.mean_seconds,
                    m.longest_seconds,
                    m.reads_bytes,
                ]
                for m in report.models[:SHOWN]
            ],
            spare=["longest", "builds"],
        )
        show()
    if report.steps:
        show_table(
            ["step", "times", "seconds", "mean", "longest"],
            [
                [s.step, s.times, s.seconds, s.mean_seconds, s.longest_seconds]
                for s in report.steps[:SHOWN]
            ],
        )
    if report.savings:
        show()
        show_table(
            ["what would help", "why", "how"],
            [[saving.about, saving.why, saving.next] for saving in report.savings],
        )
    stored = report.usage.total("stored_bytes")
    say(f"new: since {report.usage.since:%Y-%m-%d}")
    say(f"{stored:,} bytes stored; {len(tables)} tables, {len(report.models)} models in all")
    say("next: buck lake cost --json shows all of them")
