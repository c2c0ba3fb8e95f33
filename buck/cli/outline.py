"""Building only what a command line can reach.

Typer reads the signature of every command before it runs one, which takes longer than everything
else `buck --help` does. A command can only be called if its name is among the words given, so all
others are built from their docstring alone: enough to be listed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import copy
from typing import Any

import typer


def outline(app: typer.Typer, words: Collection[str]) -> typer.Typer:
    """A copy of the application in which only commands named in `words` have their options.

    Without any words everything is built: shell completion asks that way.
    """
    return _outline(app, words) if words else app


def _outline(app: typer.Typer, words: Collection[str]) -> typer.Typer:
    lean = copy(app)
    lean.registered_commands = [copy(command) for command in app.registered_commands]
    for command in lean.registered_commands:
        if command.name not in words and command.callback is not None:
            command.callback = _described_as(command.callback)
    lean.registered_groups = [copy(group) for group in app.registered_groups]
    for group in lean.registered_groups:
        if group.typer_instance is not None:
            inside = words if group.name in words else ()
            group.typer_instance = _outline(group.typer_instance, inside)
    return lean


def _described_as(callback: Callable[..., Any]) -> Callable[[], None]:
    def listed() -> None:
        """Never called."""

    listed.__doc__ = callback.__doc__
    return listed
