"""`buck pipeline step`: a part of a run, for orchestrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.options import AsJson, AsOf, Due, PipelineName, Wait, read_time
from buck.cli.pipeline import group
from buck.cli.render import mark, say, show, show_json
from buck.cli.run import show_result
from buck.errors import ConfigError, LoadDegraded

if TYPE_CHECKING:
    from buck.project import Project


@group.command("step")
def step(
    context: typer.Context,
    name: PipelineName,
    part: Annotated[Literal["land", "build", "publish"], typer.Argument(help="Which part.")],
    source: Annotated[str | None, typer.Argument(help="With `land`, which source.")] = None,
    due: Due = None,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Do one part of a run: land a source, build what has landed, or check and publish it.

    For orchestrators that start each part as a task of its own. The parts together give what one
    `buck run` gives.
    """
    project = context.obj.project()
    if part == "land":
        _land(project, name, source, as_of=as_of, wait_s=wait, as_json=as_json)
        return
    from buck.flow.run import RunOptions, run_pipeline

    if source is not None:
        raise ConfigError(f"{part} takes no source", hint=f"write buck pipeline step {name} {part}")
    result = run_pipeline(
        project,
        name,
        RunOptions(
            part=part,
            due_at=read_time(due) if part == "publish" else None,
            as_of=read_time(as_of),
            wait_s=wait,
            on_wait=lambda holder: say(f"waiting for {holder}"),
        ),
    )
    if as_json:
        show_json(result.to_dict())
    elif part == "build":
        built = f"{result.models_built} models" if result.models_built else "nothing new"
        show(f"{mark(str(result.status), err=False)} build {name}: {built}")
        say(f"next: buck pipeline step {name} publish")
    else:
        show_result(result)
    raise typer.Exit(result.exit_code)


def _land(
    project: Project,
    name: str,
    source: str | None,
    *,
    as_of: str | None,
    wait_s: float,
    as_json: bool,
) -> None:
    from buck.flow.land import land_one
    from buck.flow.landing import choose_sources

    _, pipeline = project.pipeline(name)
    sources = choose_sources(project, pipeline.sources)
    if source not in sources:
        raise ConfigError(
            f"{name} lands {', '.join(sources)}" + (f", not {source}" if source else ""),
            hint=f"write buck pipeline step {name} land {sources[0]}",
        )
    report = land_one(
        project,
        source,
        as_of=read_time(as_of),
        wait_s=wait_s,
        on_wait=lambda holder: say(f"waiting for {holder}"),
    )
    status = "degraded" if report.is_degraded else "ok"
    if as_json:
        show_json(report.to_dict())
    else:
        show(f"{mark(status, err=False)} land {source}: {report.rows_landed:,} new rows")
        say(f"next: buck pipeline step {name} build")
    if report.is_degraded:
        raise typer.Exit(LoadDegraded.exit_code)
