"""`buck init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import say, show, show_json
from buck.errors import ConfigError


@app.command("init")
def init(
    context: typer.Context,
    name: Annotated[Path, typer.Argument(help="The new project's folder.")],
    lake: Annotated[
        str | None,
        typer.Option("--lake", help="Where its data lies, s3://bucket/prefix [default: ./lake]."),
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option("--sources", help="Only these: stripe, salesforce, postgres [default: all]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a project that runs on the sandbox company as it stands."""
    from buck.scaffold import write_project

    chosen = _listed(sources)
    if chosen:
        say("reading which models can do without the other sources …")
    made = write_project(context.obj.folder / name, lake=lake, sources=chosen)
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
    folder = os.path.relpath(made.folder)
    go = "" if folder == "." else f"cd {folder} && "
    # The demo tells of all three systems, and of a lake that lies here.
    whole = lake is None and not made.left_out
    say(f"next: {go}{'buck demo' if whole else 'buck sandbox up && buck run'}")


def _listed(sources: str | None) -> list[str]:
    if sources is None:
        return []
    names = [name.strip() for name in sources.split(",") if name.strip()]
    if not names:
        raise ConfigError("--sources names no source", hint="--sources stripe,postgres")
    return names
