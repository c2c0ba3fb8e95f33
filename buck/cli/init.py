"""`buck init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.init_add import add_to
from buck.cli.options import AsJson
from buck.cli.render import say, show, show_json
from buck.errors import ConfigError

if TYPE_CHECKING:
    from buck.scaffold import Adopted, NewProject


@app.command("init")
def init(
    context: typer.Context,
    name: Annotated[
        Path | None, typer.Argument(help="The new project's folder; --dbt PATH has one for it.")
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option("--lake", help="Where its data lies, s3://bucket/prefix [default: ./lake]."),
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option("--sources", help="Only these: stripe, salesforce, postgres [default: all]."),
    ] = None,
    add: Annotated[
        str | None,
        typer.Option("--add", help="Bring these, left out before, into the project that is here."),
    ] = None,
    overwrite: Annotated[
        list[str] | None,
        typer.Option("--overwrite", help="With --add: a file that may lose your changes."),
    ] = None,
    dbt: Annotated[
        Path | None,
        typer.Option("--dbt", help="Build this dbt project, which stays as and where it is."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a project that runs on the sandbox company, or around a dbt project of yours."""
    from buck.scaffold import adopt_project, write_project

    if add is not None:
        if name or lake or sources or dbt:
            raise ConfigError(
                "--add goes with no other kind of init", hint=f"buck init --add {add}, in a project"
            )
        add_to(context.obj, _listed(add, "--add"), overwrite=overwrite or (), as_json=as_json)
        return
    here: Path = context.obj.folder
    if dbt is not None:
        if sources is not None:
            raise ConfigError(
                "--sources and --dbt don't go together", hint="add sources with buck pipeline new"
            )
        say("trying its models on DuckDB …")
        theirs = here / dbt
        folder = here / (name or f"{theirs.resolve().name}-lake")
        _show_adopted(adopt_project(theirs, folder, lake=lake), as_json=as_json)
        return
    if name is None:
        raise ConfigError("the new project has no name", hint="buck init shop")
    chosen = _listed(sources, "--sources")
    if chosen:
        say("reading which models can do without the other sources …")
    _show_new(write_project(here / name, lake=lake, sources=chosen), lake, as_json=as_json)


def _show_new(made: NewProject, lake: str | None, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "folder": str(made.folder.resolve()),
                "lake": made.lake,
                "sources": list(made.sources),
                "files": made.files,
                "left_out": {mart: list(needs) for mart, needs in made.left_out.items()},
                "stand_ins": list(made.stand_ins),
            }
        )
        return
    show(f"made {made.folder}: {made.files} files, sources {', '.join(made.sources)}")
    for needs in sorted(set(made.left_out.values())):
        marts = [mart for mart, lacking in made.left_out.items() if lacking == needs]
        show(f"left out, as they need {' and '.join(needs)}: {', '.join(marts)}")
    if made.stand_ins:
        show(f"without rows, for models that can do without: {', '.join(made.stand_ins)}")
    # The demo tells of all three systems, and of a lake that lies here.
    whole = lake is None and not made.left_out
    say(f"next: {_go(made.folder)}{'buck demo' if whole else 'buck sandbox up && buck run'}")


def _show_adopted(made: Adopted, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "folder": str(made.folder.resolve()),
                "lake": made.lake,
                "dbt_project": made.name,
                "built": list(made.built),
                "marts": list(made.marts),
                "refused": dict(made.refused),
                "below": dict(made.below),
                "waiting": dict(made.waiting),
            }
        )
        return
    show(f"made {made.folder} around {made.name}: {len(made.built)} models and seeds are built")
    show(f"published: {', '.join(made.marts) or 'nothing'}")
    for model, said in made.refused.items():
        show(f"DuckDB can't run {model}: {said}")
    for model, read in made.below.items():
        show(f"left out with {read}: {model}")
    for model, table in made.waiting.items():
        show(f"left out until {table} has landed: {model}")
    say(f"next: {_go(made.folder)}{'buck run' if made.marts else 'buck pipeline new --help'}")


def _go(folder: Path) -> str:
    path = os.path.relpath(folder)
    return "" if path == "." else f"cd {path} && "


def _listed(sources: str | None, flag: str) -> list[str]:
    if sources is None:
        return []
    names = [name.strip() for name in sources.split(",") if name.strip()]
    if not names:
        raise ConfigError(f"{flag} names no source", hint=f"{flag} stripe,postgres")
    return names
