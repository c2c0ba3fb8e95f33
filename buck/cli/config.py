"""`buck config`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json, show_table
from buck.errors import ConfigError

group = typer.Typer(no_args_is_help=True, help="What .buck.yml says, and what is in force.")
app.add_typer(group, name="config")


@group.command("show")
def show_config(
    context: typer.Context,
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Only below these, such as `lake` [default: all]."),
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Leave out what is a default.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show every value in force and its origin; secrets as references only."""
    from buck.flow.config import show_settings

    found = show_settings(context.obj.project(), keys or ())
    found = [one for one in found if not changed or one.origin != "default"]
    if as_json:
        show_json([one.to_dict() for one in found])
        return
    show_table(
        ["key", "value", "origin", "where", "variables"],
        [
            [
                one.key,
                one.value,
                one.origin,
                one.where,
                ", ".join(f"{r.name}: {r.found_in or 'not set'}" for r in one.references),
            ]
            for one in found
        ],
    )


@group.command("validate")
def validate(context: typer.Context, as_json: AsJson = False) -> None:
    """Say everything that is wrong in .buck.yml at once, with lines; nothing is run."""
    from buck.project import FILE, find_faults

    found = find_faults(context.obj.folder, environment=context.obj.environment)
    if as_json:
        show_json({"is_valid": not found, "faults": [fault.to_dict() for fault in found]})
    for fault in () if as_json else found:
        where = f"{FILE}:{fault.line}: " if fault.line else ""
        show(f"{mark('failed', err=False)} {where}{fault.what}")
        say(f"hint: {fault.hint}")
    if found:
        raise typer.Exit(ConfigError.exit_code)
    if not as_json:
        show(f"{mark('ok', err=False)} {FILE} is in order")
        say("next: buck doctor looks at what it names")
