"""Records that may not fit their table: which of them land, and what holds the others back."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from buck.errors import SourceChanged
from buck.records.quarantine import HeldRecord, held_id
from buck.records.table import Column, TableSpec
from buck.sources.arrow import (
    SYSTEM_PREFIX,
    canonical,
    fit_column,
    own_names,
    rows_to_arrow,
    to_text,
)

if TYPE_CHECKING:
    import pyarrow as pa

VARIANT = "__text"
"""What a column's name is followed by where its misfits are kept as text."""


@dataclass(slots=True)
class Parsed:
    """A batch of records, judged. `refusal` says why a frozen table cannot take them."""

    table: pa.Table
    held: list[HeldRecord] = field(default_factory=list)
    misfits: Counter[str] = field(default_factory=Counter)
    """Values that did not fit their column and went into its text variant, by column."""
    refusal: str = ""


def parse_records(
    spec: TableSpec,
    records: Sequence[Any],
    *,
    op: str | Sequence[str],
    source_at: Sequence[datetime | None] | None,
    load_id: str,
    as_of: datetime,
    first_seq: int,
    taken: dict[str, str] | None = None,
) -> Parsed:
    """Judge records by the table's contract. Grain: a record lands or is held, never both.

    `taken` maps the lower-cased names of the table's columns to the names; new ones are added. A
    field that cannot have a column of its name beside them (engines do not tell `New` from `new`)
    gets another one that follows from its name.

    A record without its key, or one that no column can hold even as text, is held under every
    contract but `freeze`, which refuses the table.
    """
    make = partial(rows_to_arrow, spec, load_id=load_id, as_of=as_of)
    numbers = range(first_seq, first_seq + len(records))
    taken = {} if taken is None else taken
    taken.update({c.name.lower(): c.name for c in spec.columns})
    if _is_plain(spec, records):
        try:
            table = make(records, op=op, source_at=source_at, numbers=numbers)
        except SourceChanged:
            pass
        else:
            if _learn(taken, own_names(table.schema.names)):
                return Parsed(table)
    given = records
    _learn(taken, {n for r in records if isinstance(r, Mapping) for n in r})
    records = [_renamed(r, taken) if isinstance(r, Mapping) else r for r in records]
    ops = [op] * len(records) if isinstance(op, str) else list(op)
    stamps: list[datetime | None] = list(source_at or [None] * len(records))
    judged = _Judged(spec, records)
    kept = [index for index in range(len(records)) if index not in judged.reasons]
    refusal = judged.refusal if spec.contract == "freeze" else ""
    if refusal:
        kept = []
    parsed = Parsed(
        make(
            [judged.clean[index] for index in kept],
            op=[ops[index] for index in kept],
            source_at=[stamps[index] for index in kept],
            numbers=[numbers[index] for index in kept],
        ),
        misfits=judged.misfits,
        refusal=refusal,
    )
    for index, (rule, reason) in sorted(judged.reasons.items()):
        raw = raw_bytes(given[index])
        parsed.held.append(
            HeldRecord(
                id=held_id(spec.source, spec.name, op=ops[index], raw=raw),
                source=spec.source,
                table=spec.name,
                key=_key_text(spec, records[index]),
                stage="load",
                rule=rule,
                reason=reason,
                raw=raw,
                load_id=load_id,
                observed_at=as_of,
                op=ops[index],
                source_ts=stamps[index],
                seq=numbers[index],
            )
        )
    return parsed


def _learn(taken: dict[str, str], names: Iterable[str]) -> bool:
    """Take names for columns; whether every one could be had."""
    for name in sorted(set(names)):
        if _is_possible(name):
            taken.setdefault(name.lower(), name)
    return all(_is_possible(name) and taken[name.lower()] == name for name in names)


def _is_possible(name: str) -> bool:
    return bool(name) and not name.lower().startswith(SYSTEM_PREFIX)


def _renamed(record: Mapping[str, Any], taken: Mapping[str, str]) -> dict[str, Any]:
    return {
        name
        if _is_possible(name) and taken[name.lower()] == name
        else f"field_{name}__{zlib.crc32(name.encode()):08x}": value
        for name, value in record.items()
    }


def raw_bytes(record: Any) -> bytes:
    """A record as JSON, also where JSON proper has no word for a value."""
    try:
        return orjson.dumps(record, default=canonical, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(record, default=repr, ensure_ascii=True, skipkeys=True).encode()


def _is_plain(spec: TableSpec, records: Sequence[Any]) -> bool:
    """Whether every record is a mapping that holds its key."""
    keys = spec.key
    return all(
        isinstance(record, Mapping) and all(record.get(key) is not None for key in keys)
        for record in records
    )


class _Judged:
    """What of each record fits: `clean` holds records that do, `reasons` why others do not."""

    def __init__(self, spec: TableSpec, records: Sequence[Any]) -> None:
        self.spec = spec
        self.clean: list[dict[str, Any]] = [
            dict(record) if isinstance(record, Mapping) else {} for record in records
        ]
        self.reasons: dict[int, tuple[str, str]] = {}
        self.misfits: Counter[str] = Counter()
        self.refusal = ""
        for index, record in enumerate(records):
            if not isinstance(record, Mapping):
                self._hold(index, "unreadable", f"a {type(record).__name__}, not a record")
            elif missing := [k for k in spec.key if record.get(k) is None]:
                self._hold(index, "no_key", f"it has no {', '.join(missing)}")
        names = {name for record in self.clean for name in record}
        declared = {column.name for column in spec.columns}
        extra = [Column(name, "text") for name in sorted(names - declared)]
        for column in [*spec.columns, *extra]:
            self._judge(column)

    def _judge(self, column: Column) -> None:
        values = [record.get(column.name) for record in self.clean]
        if fit_column(self.spec, column, values):
            return
        for index, value in enumerate(values):
            if index in self.reasons or value is None or fit_column(self.spec, column, [value]):
                continue
            self._misfit(index, column, value)

    def _misfit(self, index: int, column: Column, value: Any) -> None:
        what = f"{column.name} got a {type(value).__name__} that is no {column.type}"
        evolves = self.spec.contract == "evolve" and column.name not in self.spec.key
        text = Column(column.name + VARIANT, "text")
        if evolves and column.type != "text" and fit_column(self.spec, text, [value]):
            self.clean[index][column.name] = None
            self.clean[index][text.name] = to_text(value)
            self.misfits[column.name] += 1
            return
        self._hold(index, "misfit", what)

    def _hold(self, index: int, rule: str, reason: str) -> None:
        self.reasons[index] = (rule, reason)
        self.refusal = self.refusal or reason


def _key_text(spec: TableSpec, record: Any) -> str:
    if not isinstance(record, Mapping):
        return ""
    known = {key: record.get(key) for key in spec.key if record.get(key) is not None}
    return raw_bytes(known).decode() if known else ""
