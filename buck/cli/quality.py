"""`buck quality check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, AsOf, Wait, read_time
from buck.cli.render import count, mark, say, show, show_json, show_table
from buck.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buck.records.quality import CheckResult, QualityReport

MANY = 40
"""More passed checks than that are no reading on a terminal."""

group = typer.Typer(no_args_is_help=True, help="Judge the candidates; publish nothing.")
app.add_typer(group, name="quality")


@group.command("check")
def check(
    context: typer.Context,
    models: Annotated[
        list[str] | None, typer.Argument(help="Models such as fct_payments [default: all].")
    ] = None,
    layer: Annotated[
        Literal["raw", "staging", "marts"] | None,
        typer.Option("--layer", help="Only tables of this layer."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", help="Ask what a target of profiles.yml holds, not the lake."),
    ] = None,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Run dbt's tests and Soda's checks on the candidates as they are."""
    from buck.flow.checking_elsewhere import check_target
    from buck.flow.quality import check_models

    project = context.obj.project()
    if target is not None and target != "duckdb":
        if layer is not None:
            raise ConfigError("--layer is for the lake", hint="leave it out, or name models")
        report = check_target(project, target, models=models or (), as_of=read_time(as_of))
    else:
        report = check_models(
            project, models or [], as_of=read_time(as_of), layer=layer, wait_s=wait
        )
    if as_json:
        show_json(report.to_dict() | {"passed": report.passed})
    else:
        show_report(report)
    raise typer.Exit(0 if report.passed else 3)


def show_report(report: QualityReport) -> None:
    """One line a check, and the next thing to do. What passed is only counted if it is much."""
    judged = [result for result in report.results if result.outcome != "unjudged"]
    passed = sum(result.outcome == "passed" for result in judged)
    is_brief = sys.stdout.isatty() and passed > MANY
    listed = [r for r in judged if not (is_brief and r.outcome == "passed")]
    if listed or not is_brief:
        _show_results(listed)
    if is_brief:
        say(f"· {count(passed, 'check')} passed, which are not listed here; --json has all")
    for name in report.unchecked:
        say(f"! {name} has no check at all")
    for reason, number in report.unjudged.items():
        say(f"· {count(number, 'check')} {'is' if number == 1 else 'are'} not judged yet: {reason}")
    counts = ", ".join(f"{n} {outcome}" for outcome, n in report.counts.items() if n)
    verdict = "gate open" if report.passed else "gate closed"
    show(f"{mark('ok' if report.passed else 'failed', err=False)} {verdict}: {counts}")
    say("next: buck run" if report.passed else 'next: buck query --candidate "…" to look at rows')


def _show_results(results: Sequence[CheckResult]) -> None:
    show_table(
        ["", "check", "table", "dimension", "engine", "found", "expected"],
        [
            [
                mark(result.outcome, err=False),
                result.check.name,
                f"{result.check.schema}.{result.check.table}",
                result.check.dimension,
                result.check.engine,
                result.message or result.value,
                result.check.expected,
            ]
            for result in sorted(results, key=lambda r: (r.outcome, r.check.table))
        ],
        spare=["engine", "dimension", "expected"],
    )
