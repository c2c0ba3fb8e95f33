"""How answers look; with `step_table` the only place that imports Rich.

Results go to standard output, talk to standard error; colour only on a terminal that wants it.
"""

from __future__ import annotations

import sys
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

LONGEST_WORD = 26


def say(text: str = "") -> None:
    """Talk: progress and advice, on standard error."""
    typer.echo(text, err=True)


def show(text: str = "") -> None:
    """A result, on standard output."""
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


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, err: bool = False) -> None:
    """Rows in columns, numbers to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    held = [list(row) for row in rows]
    stream = sys.stderr if err else sys.stdout
    head = "bold" if is_coloured(stream) else ""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=head)
    for index, name in enumerate(columns):
        values = [row[index] for row in held]
        numeric = bool(values) and all(
            v is None or (_is_number(v) and not isinstance(v, bool)) for v in values
        )
        # Ids and figures stay in one piece; what gives way on a narrow terminal is prose.
        widest = max((len(_text(v)) for v in values), default=0)
        table.add_column(
            name,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=max(widest, len(name)) <= LONGEST_WORD,
        )
    for row in held:
        table.add_row(*(_text(v) for v in row))
    console = Console(stderr=err, soft_wrap=False, highlight=False, markup=False)
    if not console.is_terminal:
        # A pipe has no width: never cut what another program reads.
        console.width = 100_000
        table.box = None
    console.print(table)


def amounts(per_currency: Mapping[str, Any]) -> str:
    """Amounts beside their currencies."""
    return ", ".join(f"{currency.upper()} {value}" for currency, value in per_currency.items())


def _is_number(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
