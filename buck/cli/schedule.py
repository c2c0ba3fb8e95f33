"""`buck schedule start|status|next|stop`."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.flow.schedule import Notice

group = typer.Typer(no_args_is_help=True, help="Start pipelines when they are due.")
app.add_typer(group, name="schedule")


@group.command("start")
def start(context: typer.Context) -> None:
    """Start pipelines as orchestration.schedules says, until stopped; one scheduler a project."""
    from buck.flow.schedule import Scheduler, WallClock, run_command

    project = context.obj.project()
    scheduler = Scheduler(project, clock=WallClock(), command=run_command(project), on_notice=_tell)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: scheduler.stop())
    names = ", ".join(project.settings.orchestration.schedules) or "nothing"
    say(f"scheduling {names}; stop it with Ctrl-C or `buck schedule stop`")
    scheduler.run()
    say("stopped; every run that was started is over")


@group.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show whether a scheduler runs, and how each scheduled pipeline stands."""
    from buck.flow.schedule import read_schedule

    found = read_schedule(context.obj.project(), now=datetime.now(UTC))
    if as_json:
        show_json(found.to_dict())
        return
    if found.pid is None:
        at = found.looked_at
        looked = f"; the last one looked at {at:%Y-%m-%d %H:%M} UTC" if at else ""
        show(f"no scheduler is running{looked}")
    else:
        show(f"process {found.pid} is scheduling since {found.since}")
    show_table(
        ["", "pipeline", "cron", "next (UTC)", "under way", "undecided", "newest run", "paused"],
        [
            [
                mark(one.last.status, err=False) if one.last else "",
                one.pipeline,
                f"{one.cron} ({one.timezone})",
                f"{one.next_at:%Y-%m-%d %H:%M}",
                len(one.under_way),
                one.undecided,
                f"{one.last.run_id} {one.last.status}" if one.last else "never",
                one.paused_since,
            ]
            for one in found.pipelines
        ],
    )
    say("next: buck schedule next" if found.pid else "next: buck schedule start")


@group.command("next")
def upcoming(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show which pipelines are due next, and when."""
    from buck.flow.schedule import read_next

    found = read_next(context.obj.project(), after=datetime.now(UTC), limit=limit)
    if as_json:
        show_json([{"at": at.isoformat(), "pipeline": name} for at, name in found])
        return
    show_table(["at (UTC)", "pipeline"], [[f"{at:%Y-%m-%d %H:%M}", name] for at, name in found])
    if not found:
        say("no pipeline has a schedule; add orchestration.schedules to .buck.yml")


@group.command("stop")
def stop(
    context: typer.Context,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for a run that is going on.")
    ] = 600.0,
) -> None:
    """Stop the scheduler once the run that is going on is over."""
    from buck.flow.schedule import stop_scheduler

    pid = stop_scheduler(context.obj.project(), wait_s=wait)
    show("no scheduler is running" if pid is None else f"the scheduler, process {pid}, has stopped")


def _tell(notice: Notice) -> None:
    name = f"{notice.pipeline} " if notice.pipeline else ""
    say(f"{notice.at:%Y-%m-%d %H:%M:%S} {mark(notice.status)} {name}{notice.text}")
