"""`buck run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import Invocation, app, leave
from buck.cli.completion import complete_pipeline
from buck.cli.options import (
    AsJson,
    AsOf,
    ConfirmDeletions,
    Due,
    FullRefresh,
    Resume,
    Wait,
    read_time,
)
from buck.cli.render import count, mark, say, show, show_json, show_table
from buck.cli.signals import ENDING
from buck.errors import ConfigError, LoadDegraded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buck.errors import RunTimedOut
    from buck.flow.publishing import Override
    from buck.flow.run import RunResult
    from buck.records.load import TimeRange
    from buck.records.quality import QualityReport

ApproveAs = Annotated[
    str | None,
    typer.Option("--approve-as", help="Publish in spite of failed checks, under a name."),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept in the ledger.")]

FIRST = "finance.agg_monthly_revenue"
"""The mart to look at first, if the project has it."""


@app.command("run")
def run(
    context: typer.Context,
    pipeline: Annotated[
        str | None,
        typer.Argument(help="A pipeline of .buck.yml.", autocompletion=complete_pipeline),
    ] = None,
    full_refresh: FullRefresh = False,
    confirm_deletions: ConfirmDeletions = None,
    resume: Resume = False,
    due: Due = None,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    approve_as: ApproveAs = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Land what is new, build, check, and publish if everything passes."""
    execute(
        context.obj,
        pipeline,
        full_refresh=full_refresh,
        confirm_deletions=confirm_deletions or (),
        resume=resume,
        due=due,
        as_of=as_of,
        wait_s=wait,
        approve_as=approve_as,
        reason=reason,
        as_json=as_json,
    )


def execute(
    invocation: Invocation,
    pipeline: str | None,
    *,
    full_refresh: bool,
    confirm_deletions: Sequence[str],
    as_of: str | None,
    wait_s: float,
    approve_as: str | None,
    reason: str | None,
    as_json: bool,
    resume: bool = False,
    due: str | None = None,
    span: TimeRange | None = None,
    span_tables: Sequence[str] = (),
    parallel: int = 1,
) -> None:
    """Run a pipeline, show what came of it, and leave with its exit code."""
    from buck.cli.progress import RunTalk
    from buck.flow.run import RunOptions, run_pipeline

    if resume and (full_refresh or as_of):
        raise ConfigError(
            "--continue takes the time and the kind of the run that broke",
            hint="leave --full-refresh and --as-of out",
        )
    override = read_override(approve_as, reason)
    project = invocation.project()
    if project.uses_sandbox and not as_json:
        say("sources: the sandbox company")
    options = RunOptions(
        full_refresh=full_refresh,
        span=span,
        span_tables=tuple(span_tables),
        parallel=parallel,
        confirmed_deletions=tuple(confirm_deletions),
        resume=resume,
        due_at=read_time(due),
        as_of=read_time(as_of),
        wait_s=wait_s,
        on_wait=lambda holder: say(f"waiting for {holder}"),
        override=override,
    )
    if span is None:
        again = f"buck run {pipeline}" if pipeline else "buck run"
        ENDING.again = f"{again} --continue, or {again}"
    with RunTalk() as talk:
        if not as_json:
            options.on_event, options.on_progress = talk.event, talk.progress
            options.on_reading = talk.reading

        def end_late(late: RunTimedOut) -> None:
            talk.close()
            leave(late)

        options.on_timeout = end_late
        result = run_pipeline(project, pipeline, options)
    if as_json:
        show_json(result.to_dict())
    else:
        show_result(result)
    raise typer.Exit(result.exit_code)


def read_override(approve_as: str | None, reason: str | None) -> Override | None:
    """The person who publishes in spite of failed checks, if one is named."""
    from buck.flow.publishing import Override

    if bool(approve_as) != bool(reason):
        raise ConfigError(
            "--approve-as and --reason belong together",
            hint='write --approve-as "Ann" --reason "month end, known duplicates"',
        )
    return Override(approve_as, reason) if approve_as and reason else None


def show_result(result: RunResult) -> None:
    """The outcome and the next thing to do."""
    _show_outcome(result)
    if result.exit_code == LoadDegraded.exit_code:
        say(f"more: buck explain {result.exit_code}")


def _show_outcome(result: RunResult) -> None:
    if result.is_repeated:
        status = str(result.status).replace("_", " ")
        show(f"{mark('unchanged', err=False)} this moment had its run: {result.run_id} {status}")
        say(f"next: buck pipeline logs {result.pipeline}")
        return
    if result.report is not None and not result.report.passed:
        show_blocking(result.report)
    show_held(result.report)
    status = str(result.status)
    line = f"{mark(status, err=False)} run {result.run_id} {status.replace('_', ' ')}"
    if result.published and result.snapshot:
        show(f"{line}: published snapshot {result.snapshot.id}")
        marts = [f"{table.schema}.{table.name}" for table in result.snapshot.tables]
        if marts:
            say(f'next: buck query "from {FIRST if FIRST in marts else marts[0]}"')
    elif result.status == "gate_closed":
        held = f"snapshot {result.snapshot.id} stays published" if result.snapshot else "no marts"
        show(f"{line}: {held}")
        if result.hold is not None and (result.report is None or result.report.passed):
            say(f"snapshot {', '.join(result.hold.ids)} was withdrawn by a rollback")
            say('next: buck query --candidate "…" to look at rows, then buck publish')
            return
        say("next: buck quality report --open, or buck quality explain CHECK")
    else:
        show(f"{line}: nothing new since snapshot {result.snapshot.id if result.snapshot else '-'}")
        say("next: buck pipeline status")


def show_held(report: QualityReport | None) -> None:
    """The checks that hold rows back."""
    for result in report.warnings if report else ():
        if result.check.on_fail == "quarantine":
            say(f"! {result.check.schema}.{result.check.table}: {result.message}")


def show_blocking(report: QualityReport) -> None:
    """The checks that keep the gate closed, with what they found."""
    number = len(report.blocking)
    say(f"{count(number, 'check')} {'keeps' if number == 1 else 'keep'} the gate closed:")
    show_table(
        ["check", "table", "found", "expected"],
        [
            [
                result.check.name,
                f"{result.check.schema}.{result.check.table}",
                result.message or (result.failures if result.failures is not None else ""),
                result.check.expected,
            ]
            for result in report.blocking
        ],
        err=True,
    )
