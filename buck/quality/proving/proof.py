"""The proof: every damage to every mart, and which checks it turns red."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

from buck.engine import sql_errors
from buck.errors import GateClosed, QueryRefused
from buck.names import TableRef, identifier
from buck.quality.proving.injection import Damaged
from buck.quality.proving.operators import DROP, DUPLICATE, damages
from buck.records.proof import Fault, FaultOutcome, Proof

SHARES: Final = (0.001, 0.05)
_LISTED: Final = 5


_Planned = tuple[str, str, float]
"""Operator, column, share of the rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """A check as SQL: its one row is the verdict (passed, warned, failed, errored)."""

    id: str
    sql: str
    tables: frozenset[TableRef]
    """What it reads, directly or through views."""
    schema: str = ""
    """Where unqualified names are looked up."""
    can_block: bool = True
    """Whether its failing closes the gate."""


@dataclass(slots=True)
class Target:
    """A table to damage, with the checks that read it; the busiest first."""

    table: TableRef
    questions: list[Question]
    catches: dict[str, int] = field(default_factory=dict)

    def ordered(self) -> list[Question]:
        """Checks that have noticed nothing yet, then those that noticed most.

        The first kind is asked about every fault, so that what stays idle has had every chance.
        """
        return sorted(
            self.questions, key=lambda q: (self.catches.get(q.id, 0) > 0, -self._caught(q))
        )

    def _caught(self, question: Question) -> int:
        return self.catches.get(question.id, 0)


def prove(
    connection: Any,
    tables: Sequence[TableRef],
    questions: Sequence[Question],
    *,
    as_of: datetime,
    impossible: Sequence[str] = (),
    seed: int = 7,
    sample: int | None = None,
    on_table: Callable[[TableRef, int], None] | None = None,
) -> Proof:
    """Which faults in the tables the checks notice.

    Each fault is made in a transaction of its own and rolled back, so the next one starts from the
    green state. A fault that only a warning sees counts as not caught.

    Args:
        connection: To a copy of the build database that may be written.
        tables: What is damaged.
        questions: The checks; none of them may fail before anything is damaged.
        as_of: The build's time.
        impossible: Checks that are known to be unable to fail; reported as such.
        seed: Decides which rows are damaged.
        sample: Make only so many faults, drawn by the seed; all if None.
        on_table: Called with each table and the number of its faults.

    Raises:
        GateClosed: the build is not green.
    """
    started = time.perf_counter()
    sound = _sound(connection, questions)
    targets = [Target(t, [q for q in sound if t in q.tables]) for t in tables]
    plan = _plan(connection, targets, seed=seed, sample=sample)
    faults: list[Fault] = []
    for target in targets:
        wanted = plan[target.table]
        if on_table is not None:
            on_table(target.table, len(wanted))
        damaged = Damaged(connection, target.table, seed=seed)
        faults += [_try(connection, target, damaged, fault) for fault in wanted]
    caught = {name for target in targets for name in target.catches}
    concerned = {q.id for target in targets for q in target.questions}
    return Proof(
        as_of=as_of,
        faults=tuple(faults),
        checks=len(questions),
        idle=tuple(sorted(concerned - caught)) if sample is None else (),
        impossible=tuple(sorted(impossible)),
        seconds=round(time.perf_counter() - started, 1),
    )


def _sound(connection: Any, questions: Sequence[Question]) -> list[Question]:
    """The questions that passed before anything was damaged."""
    verdicts = {q.id: _ask(connection, q) for q in questions}
    red = [name for name, verdict in verdicts.items() if verdict in {"failed", "errored"}]
    if red:
        more = f" and {len(red) - _LISTED} more" if len(red) > _LISTED else ""
        raise GateClosed(
            f"the proof starts from a green build; not so {', '.join(red[:_LISTED])}{more}",
            hint="buck quality check",
        )
    return [q for q in questions if verdicts[q.id] == "passed"]


def _plan(
    connection: Any, targets: Sequence[Target], *, seed: int, sample: int | None
) -> dict[TableRef, list[_Planned]]:
    everything: list[tuple[TableRef, str, str, float]] = []
    for target in targets:
        everything += [(target.table, *fault) for fault in _faults(connection, target.table)]
    if sample is not None and sample < len(everything):
        chosen = set(Random(seed).sample(range(len(everything)), sample))  # noqa: S311 - not a secret
        everything = [fault for n, fault in enumerate(everything) if n in chosen]
    plan: dict[TableRef, list[_Planned]] = {t.table: [] for t in targets}
    for table, operator, column, share in everything:
        plan[table].append((operator, column, share))
    return plan


def _faults(connection: Any, table: TableRef) -> Iterator[_Planned]:
    described = connection.execute(f"describe {table.sql}").fetchall()
    for share in SHARES:
        yield DROP, "", share
        yield DUPLICATE, "", share
    for column, type_ in ((str(row[0]), str(row[1])) for row in described):
        for damage in damages(column, type_):
            for share in SHARES:
                yield damage.operator, column, share


def _try(connection: Any, target: Target, damaged: Damaged, fault: _Planned) -> Fault:
    operator, column, share = fault
    with _inject(damaged, operator, column, share) as rows:
        outcome: FaultOutcome = "equivalent"
        caught_by: tuple[str, ...] = ()
        if rows:
            outcome, caught_by = _watch(connection, target)
    return Fault(str(target.table), column, operator, share, rows, outcome, caught_by)


def _inject(
    damaged: Damaged, operator: str, column: str, share: float
) -> AbstractContextManager[int]:
    if operator == DROP:
        return damaged.without_rows(share)
    if operator == DUPLICATE:
        return damaged.with_doubles(share)
    known = {d.operator: d for d in damages(column, damaged.columns[column])}
    return damaged.with_damage(known[operator], share)


def _watch(connection: Any, target: Target) -> tuple[FaultOutcome, tuple[str, ...]]:
    blocked: list[str] = []
    warned: list[str] = []
    for question in target.ordered():
        if blocked and target.catches.get(question.id, 0):
            break
        verdict = _ask(connection, question)
        if verdict == "passed":
            continue
        target.catches[question.id] = target.catches.get(question.id, 0) + 1
        is_blocking = question.can_block and verdict in {"failed", "errored"}
        (blocked if is_blocking else warned).append(question.id)
        if verdict == "errored":
            # The transaction is at its end, and with it every further question.
            break
    if blocked:
        return "caught", tuple(blocked)
    return ("warned", tuple(warned)) if warned else ("survived", ())


def _ask(connection: Any, question: Question) -> str:
    try:
        with sql_errors():
            if question.schema:
                connection.execute(f"use {identifier(question.schema)}")
            row = connection.execute(question.sql).fetchone()
    except QueryRefused:
        # A check that can't be asked closes the gate too.
        return "errored"
    return str(row[0])
