"""How answers look; with `table` and `step_table` the only place that imports Rich.

Results go to standard output, talk to standard error; colour only on a terminal that wants it.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import typer

MARKS = {
    "ok": ("✓", "green"),
    "unchanged": ("=", "cyan"),
    "passed": ("✓", "green"),
    "warned": ("!", "yellow"),
    "degraded": ("!", "yellow"),
    "failed": ("✗", "red"),
    "errored": ("✗", "red"),
    "gate_closed": ("✗", "red"),
    "interrupted": ("✗", "red"),
    "blocked": ("✗", "red"),
    "cancelled": ("✗", "red"),
    "kept": ("=", "cyan"),
    "missed": ("!", "yellow"),
    "running": ("…", "cyan"),
    "fresh": ("✓", "green"),
    "stale": ("!", "yellow"),
    "critical": ("✗", "red"),
}


def say(text: str = "") -> None:
    """Talk: progress and advice, on standard error."""
    typer.echo(text, err=True)


def show(text: str = "", *, hang: int | None = None) -> None:
    """A result, on standard output.

    Args:
        text: What to show.
        hang: On a terminal long lines fold between words, and go on at this column.
    """
    if hang is not None and sys.stdout.isatty():
        text = textwrap.fill(
            text,
            max(shutil.get_terminal_size().columns, 2 * hang),
            subsequent_indent=" " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
    typer.echo(text)


def show_json(value: Any) -> None:
    """A result as JSON."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    typer.echo(orjson.dumps(value, option=options, default=str).decode())


def show_json_line(value: Any) -> None:
    """A result as one line of JSON, at once."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode())
    sys.stdout.flush()


def mark(status: str, *, err: bool = True) -> str:
    """A status as one coloured character."""
    sign, colour = MARKS.get(status, ("·", ""))
    stream = sys.stderr if err else sys.stdout
    return typer.style(sign, fg=colour) if colour and is_coloured(stream) else sign


def is_coloured(stream: Any) -> bool:
    """Whether a stream is a terminal that was not asked to be plain."""
    if not stream.isatty():
        return False
    from buck.project import wants_colour

    return wants_colour()


def bold(text: str) -> str:
    """Emphasis for talk on standard error."""
    return typer.style(text, bold=True) if is_coloured(sys.stderr) else text


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    spare: Sequence[str] = (),
    null: str = "",
    err: bool = False,
) -> None:
    """Rows in columns, numbers to the right; on a narrow terminal one record below the other.

    Args:
        columns: The titles.
        rows: The values.
        spare: Titles that may be left out where there is no room, the first one first.
        null: What stands on a terminal where there is no value.
        err: Talk, not a result.
    """
    from rich.console import Console

    from buck.cli.table import draw

    stream = sys.stderr if err else sys.stdout
    console = Console(
        stderr=err,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=None if is_coloured(stream) else True,
    )
    left_out = draw(console, columns, [list(row) for row in rows], spare=spare, null=null)
    if left_out:
        say(f"{count(len(left_out), 'column')} left out: {', '.join(left_out)}; --json has all")


def count(number: int, noun: str) -> str:
    """So many of something, in the singular or the plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def amounts(per_currency: Mapping[str, Any]) -> str:
    """Amounts beside their currencies."""
    return ", ".join(f"{currency.upper()} {value}" for currency, value in per_currency.items())
