"""`buck freshness check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, AsOf, read_duration, read_time
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.records.freshness import FreshnessReport

group = typer.Typer(no_args_is_help=True, help="Say how old the data is, and whether that is fine.")
app.add_typer(group, name="freshness")

Threshold = Annotated[
    str | None,
    typer.Option("--threshold", help="Instead of every threshold of .buck.yml, such as 2h."),
]


@group.command("check")
def check(
    context: typer.Context,
    threshold: Threshold = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Judge every source and mart by load time and by event time; 3 if anything is critical."""
    from buck.flow.freshness import check_freshness

    report = check_freshness(
        context.obj.project(), as_of=read_time(as_of), threshold=read_duration(threshold)
    )
    if as_json:
        show_json(report.to_dict())
    else:
        show_report(report)
    raise typer.Exit(3 if report.is_critical else 0)


def show_report(report: FreshnessReport) -> None:
    """One line a judgement, and the next thing to do."""
    from buck.records.freshness import duration_text

    show_table(
        ["", "what", "by", "age", "warns after", "critical after", "newest", "of"],
        [
            [
                mark(result.status, err=False),
                result.subject,
                result.by,
                "" if result.age_s is None else duration_text(result.age_s),
                duration_text(result.threshold_s),
                duration_text(result.critical_s),
                f"{result.newest_at:%Y-%m-%d %H:%M}" if result.newest_at else "",
                result.about,
            ]
            for result in report.results
        ],
        spare=["warns after", "critical after", "newest"],
    )
    counts = ", ".join(f"{n} {status}" for status, n in report.counts.items() if n)
    worst = "critical" if report.is_critical else "fresh"
    show(f"{mark(worst, err=False)} as of {report.as_of:%Y-%m-%d %H:%M} UTC: {counts or 'nothing'}")
    if report.counts["stale"] or report.is_critical:
        say("next: buck run, or set other limits under data_quality.freshness in .buck.yml")
