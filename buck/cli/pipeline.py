"""`buck pipeline run|status|list|new`."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

from buck.cli.app import app
from buck.cli.options import (
    AsJson,
    AsOf,
    ConfirmDeletions,
    Due,
    FullRefresh,
    PipelineName,
    Resume,
    Wait,
)
from buck.cli.render import mark, say, show, show_json, show_table
from buck.cli.run import ApproveAs, Reason, execute

group = typer.Typer(no_args_is_help=True, help="Run pipelines and read what they did.")
app.add_typer(group, name="pipeline")


@group.command("run")
def run(
    context: typer.Context,
    name: PipelineName,
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
    """Run one pipeline: land, build, check, publish."""
    execute(
        context.obj,
        name,
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


@group.command("status")
def status(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many runs to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the newest runs, also one that is going on."""
    from buck.flow.history import read_status

    found = read_status(context.obj.project(), limit=limit)
    if as_json:
        show_json(found.to_dict())
        return
    if found.as_of and found.published_at:
        as_of, at = (f"{moment:%Y-%m-%d %H:%M}" for moment in (found.as_of, found.published_at))
        show(f"published: snapshot {found.snapshot}, as of {as_of}, published {at}")
    else:
        show("published: nothing yet")
    show_table(
        ["", "run", "pipeline", "status", "s", "rows", "checks", "snapshot"],
        [
            [
                mark(run.status, err=False),
                run.run_id,
                run.pipeline,
                run.status.replace("_", " "),
                None if run.seconds is None else round(run.seconds, 1),
                run.rows_landed,
                # What has too little history to be judged is told by `buck quality check`.
                ", ".join(f"{n} {o}" for o, n in run.checks.items() if o != "unjudged"),
                run.snapshot,
            ]
            for run in found.runs
        ],
        spare=["s", "checks", "rows"],
    )
    for run in found.runs:
        if run.error:
            show(f"{mark(run.status, err=False)} {run.run_id} {run.error}")
        elif run.status in ("running", "interrupted") and run.step:
            show(f"{mark(run.status, err=False)} {run.run_id} {run.status} in {run.step}")
    if not found.runs:
        say("next: buck run")


@group.command("list")
def list_pipelines(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the pipelines of .buck.yml and their schedules."""
    project = context.obj.project()
    schedules = project.settings.orchestration.schedules
    rows = [
        {
            "name": name,
            "sources": pipeline.sources or list(project.settings.sources),
            "select": pipeline.select or "",
            "cron": schedules[name].cron if name in schedules else "",
            "owner": pipeline.owner or "",
        }
        for name, pipeline in project.pipelines.items()
    ]
    if as_json:
        show_json(rows)
        return
    show_table(
        ["pipeline", "sources", "select", "cron", "owner"],
        [[r["name"], ", ".join(r["sources"]), r["select"], r["cron"], r["owner"]] for r in rows],
    )


@group.command("new")
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The new source's name, for example `helpdesk`.")],
    kind: Annotated[
        Literal["stripe", "salesforce", "postgres", "rest", "files"],
        typer.Option("--from", help="What it is read from."),
    ],
    as_json: AsJson = False,
) -> None:
    """Write a source's file in pipelines/ and its section in .buck.yml."""
    from buck.scaffold import write_source

    project = context.obj.project()
    made = write_source(project, name, kind)
    file = os.path.relpath(made.file, project.root)
    if as_json:
        show_json({"name": made.name, "file": file, "variables": list(made.variables)})
        return
    say(f"wrote {file} and sources.{name} in .buck.yml")
    if made.variables:
        say(f"set {', '.join(made.variables)} in .env or the environment")
    say(f"next: edit {file}, then run python {file}")
