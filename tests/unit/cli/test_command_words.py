"""Every command: its examples are understood, and what is not is refused with a way on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from buck.cli import commands  # noqa: F401  importing registers every command
from buck.cli.app import app
from buck.cli.examples import EXAMPLES

ROOT: Any = typer.main.get_command(app)
PASSES_ON = {"dbt"}
"""Commands that hand their words to another program."""


def read_commands(command: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    members = getattr(command, "commands", None)
    if path and (members is None or command.invoke_without_command):
        yield " ".join(path), command
    for name, member in (members or {}).items():
        yield from read_commands(member, (*path, name))


COMMANDS = dict(read_commands())


def test_every_command_has_examples_and_no_example_is_of_none() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


def type_words(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        ROOT(args=list(words), prog_name="buck")
    return int(str(ended.value.code))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_understood_by_their_command_and_shown(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_words(*name.split(), "--help") == 0
    shown = capsys.readouterr().out
    for line in EXAMPLES[name]:
        assert f"  {line}\n" in shown
        words = shlex.split(line)[1:]
        if words[0] == "--env":
            words = words[2:]
        own = name.split()
        assert words[: len(own)] == own, line
        # Reads the words as the command would, and does nothing.
        context = COMMANDS[name].make_context(name, words[len(own) :])
        assert context.args == [] or name in PASSES_ON, line


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - PASSES_ON))
def test_an_unknown_option_is_refused_with_where_to_look(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_words(*name.split(), "--no-such-option") == 2
    said = capsys.readouterr().err
    assert "--no-such-option" in said
    assert f"{name} -h' for help" in said
