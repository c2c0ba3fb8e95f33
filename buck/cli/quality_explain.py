"""`buck quality explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.options import AsJson
from buck.cli.quality import group
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buck.records.check_card import CheckCard

DULL = ("", "failed rows", "no failing rows")
"""Rules that say no more than the check's name."""
LABEL = 13
WORDS = {"wrong": "wrong", "old": "merely old, not wrong", "fine": "fine"}


@group.command("explain")
def explain(
    context: typer.Context,
    check: Annotated[str, typer.Argument(help="A check's name or id, or a part of it.")],
    run: Annotated[
        str | None, typer.Option("--run", help="A run of the ledger [default: the newest].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one check's answer: how much, since when, from where, why, and what to do."""
    from buck.flow.investigation import explain_check

    card = explain_check(context.obj.project(), check, run_id=run)
    if as_json:
        show_json(card.to_dict())
    else:
        show_card(card)


def show_card(card: CheckCard) -> None:
    """The card, the most important first."""
    show(f"{mark(card.outcome, err=False)} {card.table}: {card.name}")
    changes = card.changes
    green = f"run {changes.run_id}, snapshot {changes.snapshot}" if changes.is_known else "none yet"
    _list("issue", [card.issue, f"rule: {card.expected}" if card.expected not in DULL else ""])
    _list("data is", [WORDS[card.truth]])
    _list("impact", [i.text for i in card.impact])
    _list("likely cause", [card.cause.text, *card.cause.evidence])
    _list("seen at", card.cause.seen_at)
    _list("state", [card.state_text, f"readers {card.readers}"])
    seen = f"{card.first_seen}, in {card.runs_failing} run{'' if card.runs_failing == 1 else 's'}"
    _list("first seen", [seen if card.first_seen else ""])
    _list("last seen", [card.last_seen])
    _list("came with", [_origin(o) for o in card.origins])
    _list("last green", [green, *changes.rows, *changes.schema, *changes.code])
    _list("upstream", [", ".join(card.upstream)])
    _list("downstream", [", ".join((*card.downstream, *card.exposures))])
    _list("owner", [card.owner])
    _list("note", card.notes)
    if len(card.sample):
        show()
        show_table(card.sample.columns, card.sample.rows, null="NULL")
    for number, step in enumerate(card.next_steps):
        say(f"{'next' if not number else '  or'}: {step}")


def _origin(origin: object) -> str:
    from buck.records.check_card import Origin

    assert isinstance(origin, Origin)
    run = f" by run {origin.run_id}" if origin.run_id else ""
    return (
        f"{origin.table} load {origin.load_id}{run}: {origin.rows} rows, "
        f"positions {origin.positions} in {', '.join(origin.files)}"
    )


def _list(heading: str, lines: Iterable[str]) -> None:
    label = heading
    for line in lines:
        if line:
            show(f"  {label:<{LABEL}}{line}", hang=2 + LABEL)
            label = ""
