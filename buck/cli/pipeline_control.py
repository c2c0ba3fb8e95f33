"""`buck pipeline show|cancel|pause|resume`."""

from __future__ import annotations

import getpass

import typer

from buck.cli.options import AsJson, PipelineName
from buck.cli.pipeline import group
from buck.cli.render import mark, say, show, show_json


@group.command("show")
def show_one(context: typer.Context, name: PipelineName, as_json: AsJson = False) -> None:
    """Show a pipeline's steps, rules and schedule, and its newest run."""
    from buck.flow.outlining import outline_pipeline

    found = outline_pipeline(context.obj.project(), name)
    if as_json:
        show_json(found.to_dict())
        return
    show(f"{found.name}" + (f", owned by {found.owner}" if found.owner else ""))
    for step in found.steps:
        after = f" after {', '.join(step.after)}" if step.after else ""
        show(f"  {step.name}{after}")
    for heading, text in found.rules.items():
        show(f"{heading}: {text}")
    if found.last is not None:
        told = f"{found.last.run_id} {found.last.status.replace('_', ' ')}"
        show(f"newest run: {mark(found.last.status, err=False)} {told}")
    say(f"next: buck run {found.name}")


@group.command("cancel")
def cancel(context: typer.Context, name: PipelineName, as_json: AsJson = False) -> None:
    """End the run that is going on; what it has landed stays."""
    from buck.flow.cancelling import cancel_run

    run = cancel_run(context.obj.project(), name, by=getpass.getuser())
    if as_json:
        show_json(run.to_dict())
        return
    show(f"{mark(run.status, err=False)} run {run.run_id} {run.status}: {run.error}")
    say(f"next: buck run {name}, or buck run {name} --continue")


@group.command("pause")
def pause(context: typer.Context, name: PipelineName) -> None:
    """Let the schedule not start the pipeline until it is resumed."""
    from buck.flow.schedule import pause as pause_pipeline

    pause_pipeline(context.obj.project(), name)
    show(f"{name} is paused; what falls due is recorded as missed")
    say(f"next: buck pipeline resume {name}")


@group.command("resume")
def resume(context: typer.Context, name: PipelineName) -> None:
    """Let the schedule start the pipeline again."""
    from buck.flow.schedule import resume as resume_pipeline

    was_paused = resume_pipeline(context.obj.project(), name)
    show(f"{name} is started by its schedule again" if was_paused else f"{name} was not paused")
    say("next: buck schedule next")
