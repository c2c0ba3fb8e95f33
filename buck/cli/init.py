"""`buck init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import say, show, show_json


@app.command("init")
def init(
    context: typer.Context,
    name: Annotated[Path, typer.Argument(help="The new project's folder.")],
    lake: Annotated[
        str | None,
        typer.Option("--lake", help="Where its data lies, s3://bucket/prefix [default: ./lake]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a project that runs on the sandbox company as it stands."""
    from buck.scaffold import write_project

    made = write_project(context.obj.folder / name, lake=lake)
    if as_json:
        show_json(
            {
                "folder": str(made.folder.resolve()),
                "lake": made.lake,
                "sources": list(made.sources),
                "files": made.files,
            }
        )
        return
    show(f"made {made.folder}: {made.files} files, sources {', '.join(made.sources)}")
    folder = os.path.relpath(made.folder)
    go = "" if folder == "." else f"cd {folder} && "
    say(f"next: {go}{'buck demo' if lake is None else 'buck sandbox up && buck run'}")
