"""`buck diff`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.app import app
from buck.cli.options import Wait
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buck.records.comparison import Comparison, RowDifference, TableComparison
    from buck.records.rows import Plain

SIGNS = {"added": "+", "removed": "−", "changed": "~"}
WHOLE_SECOND = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.0{6}Z$")
FEW_COLUMNS = 3
"""Of those that changed, the most frequent."""
SHOWN_COLUMNS = 6
"""Of a row that only one side has; `--output json` has all of them."""


class Condition(StrEnum):
    """What `--fail-on` takes; see `TableComparison.fails`."""

    changed = "changed"
    removed = "removed"
    schema = "schema"


@app.command("diff")
def diff(
    context: typer.Context,
    left: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="published, a snapshot (000012), candidates, a target (bigquery), or a git ref "
            "(git:main).",
        ),
    ],
    right: Annotated[str, typer.Argument(metavar="B", help="The same; what only B has is added.")],
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Only this mart; may be repeated.")
    ] = None,
    output: Annotated[
        Literal["table", "json", "markdown", "html"],
        typer.Option("--output", help="Markdown is fit for a pull request."),
    ] = "table",
    fail_on: Annotated[
        list[Condition] | None,
        typer.Option(
            "--fail-on",
            help="Exit 1 if rows differ at all, if rows, columns or tables are gone, or if columns "
            "or types differ; may be repeated.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=1000, help="Rows of each kind to show per mart.")
    ] = 5,
    wait: Wait = 0.0,
) -> None:
    """Compare two states of the marts row by row: what was added, removed, changed."""
    from buck.flow.diffing import as_page
    from buck.flow.diffing import diff as compare

    found = compare(
        context.obj.project(),
        left,
        right,
        tables=tables or (),
        limit=limit,
        figures=output == "json",
        wait_s=wait,
    )
    if output == "json":
        show_json(found.to_dict())
    elif output == "table":
        _show(found)
    else:
        show(as_page(found, output).rstrip("\n"))
    failed = [condition for condition in fail_on or () if found.fails(condition.value)]
    if failed:
        say(f"failed on: {', '.join(failed)}")
    raise typer.Exit(1 if failed else 0)


def _show(found: Comparison) -> None:
    from buck.parity.page.wording import headline

    if found.differing:
        show_table(
            ["mart", "rows in A", "rows in B", "added", "removed", "changed", "columns"],
            [_line(table) for table in found.differing],
        )
    for table in found.differing:
        _show_rows(table)
    if found.differing:
        show()
    show(f"{mark('ok' if found.is_equal else 'warned', err=False)} {headline(found)}")
    say(f"A is {found.left}, B is {found.right}")


def _line(table: TableComparison) -> list[object]:
    from buck.parity.page.wording import rows_of, schema_lines

    ordered = sorted(table.changed_columns.items(), key=lambda held: (-held[1], held[0]))
    columns = [f"{name} ({count})" for name, count in ordered[:FEW_COLUMNS]]
    columns += [f"{len(ordered) - FEW_COLUMNS} more"] if len(ordered) > FEW_COLUMNS else []
    counts = [n or None for n in (table.added, table.removed, table.changed)]
    return [table.table, *rows_of(table), *counts, ", ".join([*schema_lines(table), *columns])]


def _show_rows(table: TableComparison) -> None:
    if not table.samples:
        return
    show(f"\n{table.table}")
    for sample in table.samples:
        show(f"  {SIGNS[sample.kind]} {_row(sample)}", hang=6)
    shown = {kind: sum(s.kind == kind for s in table.samples) for kind in SIGNS}
    more = [
        f"{getattr(table, kind) - count:,} {kind}"
        for kind, count in shown.items()
        if getattr(table, kind) > count
    ]
    if more:
        show(f"  … and {', '.join(more)}")


def _row(sample: RowDifference) -> str:
    key = _pairs(sample.key)
    if sample.kind == "changed":
        changes = (
            f"{name} {_value(sample.left[name])} → {_value(sample.right[name])}"
            for name in sample.left
        )
        return f"{key}: {', '.join(changes)}"
    own = sample.right if sample.kind == "added" else sample.left
    others = {name: value for name, value in own.items() if name not in sample.key}
    few = dict(list(others.items())[:SHOWN_COLUMNS])
    more = ", …" if len(others) > len(few) else ""
    return f"{key}{': ' if key else ''}{_pairs(few)}{more}"


def _pairs(values: Mapping[str, Plain]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Plain) -> str:
    return "∅" if value is None else WHOLE_SECOND.sub("Z", str(value))
