"""`buck ci`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json
from buck.cli.signals import ENDING

if TYPE_CHECKING:
    from buck.flow.ci import Judgement
    from buck.project import Project

ACTIONS = "GITHUB_ACTIONS"
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


@app.command("ci")
def ci(
    context: typer.Context,
    base: Annotated[
        str | None,
        typer.Option("--base", help="A git ref: also show which rows its models make otherwise."),
    ] = None,
    on_sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="On the simulated company, started and stopped for this."),
    ] = False,
    summary: Annotated[
        Path | None,
        typer.Option("--summary", help="A file for the Markdown that the job's summary shows."),
    ] = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Judge a change: run, check, read for every engine, compare; as annotations on GitHub."""
    from buck import sandbox
    from buck.cli.progress import RunTalk
    from buck.flow.ci import judge_change
    from buck.flow.run import RunOptions
    from buck.project import open_project

    # Servers have to be stopped, and checkouts removed.
    ENDING.unwinds = True
    invocation = context.obj
    home = invocation.project().sandbox_folder
    if on_sandbox:
        sandbox.up(home)
    try:
        project = open_project(
            invocation.folder, environment=invocation.environment, prefer_sandbox=on_sandbox
        )
        with RunTalk() as talk:
            found = judge_change(
                project,
                base=base,
                options=RunOptions(
                    wait_s=wait,
                    on_event=talk.event,
                    on_progress=talk.progress,
                    on_reading=talk.reading,
                ),
                on_step=lambda step: say(f"{step} …"),
            )
    finally:
        if on_sandbox:
            sandbox.down(home)
    _write_summary(project, found, summary)
    if as_json:
        show_json(found.to_dict())
    else:
        _show(project, found)
    raise typer.Exit(found.exit_code)


def _show(project: Project, found: Judgement) -> None:
    on_github = bool(project.variables.get(ACTIONS))
    for annotation in found.annotations:
        show(annotation.as_github() if on_github else annotation.as_text())
    errors = sum(a.level == "error" for a in found.annotations)
    warnings = len(found.annotations) - errors
    outcome = mark("ok" if not found.exit_code else "failed", err=True)
    say(f"{outcome} {errors} errors, {warnings} warnings")
    if found.exit_code:
        say("next: buck quality explain CHECK, or buck quality report --open")


def _write_summary(project: Project, found: Judgement, file: Path | None) -> None:
    """GitHub's file is added to, since other steps write there; one of the user's is replaced."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found.summary, encoding="utf-8")
    if held := project.variables.get(STEP_SUMMARY):
        with Path(held).open("a", encoding="utf-8") as summary:
            summary.write(found.summary)
