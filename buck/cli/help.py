"""`buck help`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.render import show


@app.command("help", hidden=True)
def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="Such as `lake du`.")
    ] = None,
) -> None:
    """Show the help of Buck or of a command, as --help does."""
    asked = context.find_root()
    for word in words or ():
        commands = getattr(asked.command, "commands", {})
        if word not in commands:
            raise typer.BadParameter(f"there is no command {word}")
        asked = type(context)(commands[word], info_name=word, parent=asked)
    show(asked.get_help())
