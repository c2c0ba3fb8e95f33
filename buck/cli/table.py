"""Tables: rows in columns, or one below the other where a terminal is too narrow for columns.

Numbers, ids and names are never cut nor split. What gives way is, in this order: long titles and
prose, which fold; columns that a command can spare; the table as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LONGEST_WORD = 20
"""What is longer and has blanks is prose, unless it is a time."""
NARROWEST_PROSE = 24
GAP = 2
IS_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Column:
    """One column's texts, and how wide it has to be."""

    name: str
    texts: tuple[str, ...]
    is_numeric: bool
    folds: tuple[bool, ...]
    """Which of the texts are prose."""
    widest: int
    """The widest text's width as it is; the title may fold."""
    natural: int
    least: int

    @classmethod
    def of(cls, name: str, values: Sequence[Any], null: str) -> Column:
        """Measure values under their title."""
        texts = tuple(null if v is None else text_of(v).expandtabs() for v in values)
        widest = _longest_word([line for text in texts for line in text.split("\n")])
        folds = tuple(map(_is_prose, values))
        title = _longest_word(name.split())
        least = min(widest, NARROWEST_PROSE)
        for text, is_prose in zip(texts, folds, strict=True):
            least = max(least, _longest_word(text.split() if is_prose else text.split("\n")))
        return cls(
            name,
            texts,
            bool(values) and all(v is None or _is_number(v) for v in values),
            folds,
            max(widest, title, 1),
            max(widest, _width(name), 1),
            max(least, title, 1),
        )


def draw(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    spare: Sequence[str] = (),
    null: str = "",
) -> list[str]:
    """Print rows; returns the names of the columns that found no room."""
    held = [
        Column.of(name, [row[index] for row in rows], null if console.is_terminal else "")
        for index, name in enumerate(columns)
    ]
    if not console.is_terminal:
        # A pipe has no width: never cut what another program reads.
        console.width = sum(column.natural + GAP for column in held) + 1
        _print_columns(console, held, [column.natural for column in held])
        return []
    left_out: list[str] = []
    for name in (None, *spare):
        if name is not None:
            left_out.append(name)
        kept = [column for column in held if column.name not in left_out]
        if (widths := _fit(kept, console.width)) is not None:
            _print_columns(console, kept, widths, null)
            return left_out
    _print_records(console, held, len(rows), null)
    return []


def text_of(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _fit(columns: Sequence[Column], room: int) -> list[int] | None:
    """How wide each column is, or None if there is not enough room for them."""
    room -= GAP * (len(columns) - 1)
    widths = [column.natural for column in columns]
    if sum(widths) > room:
        widths = [column.widest for column in columns]
    while (excess := sum(widths) - room) > 0:
        able = [i for i, column in enumerate(columns) if widths[i] > column.least]
        if not able:
            return None
        widest = max(able, key=lambda i: widths[i])
        second = max((widths[i] for i in able if i != widest), default=0)
        floor = max(columns[widest].least, min(second, widths[widest] - 1))
        widths[widest] = max(floor, widths[widest] - excess)
    return widths


def _print_columns(
    console: Console, columns: Sequence[Column], widths: Sequence[int], null: str = ""
) -> None:
    from rich import box
    from rich.table import Table

    is_live = console.is_terminal
    table = Table(
        box=box.SIMPLE_HEAD if is_live else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0) if is_live else (0, 1),
        header_style="bold" if is_live and not console.no_color else "",
    )
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            "\n".join(_folded(column.name, width)),
            justify="right" if column.is_numeric else "left",
            overflow="fold",
            min_width=width,
            max_width=width,
        )
    for texts in zip(*(column.texts for column in columns), strict=True):
        cells = ("\n".join(_folded(text, w)) for text, w in zip(texts, widths, strict=True))
        table.add_row(*(_styled(console, cell, null) for cell in cells))
    console.print(table)


def _print_records(console: Console, columns: Sequence[Column], count: int, null: str) -> None:
    """One block for each row, one line for each value; a long word is wrapped by the terminal."""
    from rich.text import Text

    titles = max((_width(column.name) for column in columns), default=0)
    for number in range(count):
        if number:
            console.print()
        sign = ""
        for column in columns:
            text, room = column.texts[number], console.width - titles - GAP
            if not text:
                continue
            if not column.name:
                sign = f"{text} "
                continue
            text, sign = sign + text, ""
            label = column.name + " " * (titles - _width(column.name) + GAP)
            for line in _folded(text, room) if column.folds[number] else text.split("\n"):
                shown = Text(label, style="" if console.no_color else "bold")
                shown.append_text(_styled(console, line, null))
                console.print(shown, soft_wrap=True)
                label = " " * (titles + GAP)


def _folded(text: str, room: int) -> list[str]:
    """Text in lines; what is too long is broken between words only."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = paragraph
        if _width(paragraph) > room:
            line, *words = paragraph.split() or [""]
            for word in words:
                if _width(f"{line} {word}") > room:
                    lines.append(line)
                    line = word
                else:
                    line = f"{line} {word}"
        lines.append(line)
    return lines


def _styled(console: Console, text: str, null: str) -> Text:
    from rich.text import Text

    if console.is_terminal and "\x1b" in text:
        return Text.from_ansi(text)
    return Text(text, style="dim" if null and text == null and not console.no_color else "")


def _width(text: str) -> int:
    from rich.cells import cell_len
    from rich.text import Text

    return Text.from_ansi(text).cell_len if "\x1b" in text else cell_len(text)


def _longest_word(words: Sequence[str]) -> int:
    return max(map(_width, words), default=0)


def _is_prose(value: Any) -> bool:
    is_words = isinstance(value, str) and len(value) > LONGEST_WORD and len(value.split()) > 1
    return is_words and not IS_TIME.match(value)


def _is_number(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
