"""Rows whose columns have another type than in the lake: what still fits, and what does not.

A raw table's column keeps the type it was created with, because its old files have it. New rows are
brought to that type where nothing is lost by it; the rest follows the table's contract.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import translate_errors
from buck.engine.columns import parquet_scan
from buck.errors import SourceChanged
from buck.names import identifier, literal
from buck.records.load import Incident
from buck.records.quarantine import ID_DIGITS
from buck.records.table import TableSpec
from buck.sources.parsing import VARIANT

if TYPE_CHECKING:
    from buck.engine.types import Connection


@dataclass(slots=True)
class Fitted:
    """Rows that have the lake's types, and those that were held back."""

    files: list[Path]
    held: list[Path] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    """Which changes were told, so that they are told once."""


def fit_files(
    con: Connection,
    spec: TableSpec,
    files: Sequence[Path],
    *,
    changed: Mapping[str, tuple[str, str]],
    position: Mapping[str, int],
    scratch: Path,
) -> Fitted:
    """Bring rows to the lake's types as the table's contract says.

    Raises:
        SourceChanged: the table is frozen, or its key changed; nothing was written.
    """
    told = [f"{name} was {before} and is now {now}" for name, (before, now) in changed.items()]
    if spec.contract == "freeze" or not set(changed).isdisjoint(spec.key):
        raise SourceChanged(
            f"{spec.source}.{spec.name}: {'; '.join(told)} (contract: {spec.contract})",
            hint="allow it with `contract: evolve` under the source in .buck.yml, or move "
            f"lake/raw/{spec.source}/{spec.name} away and run again to load it anew",
        )
    fitted = Fitted(list(files))
    for (name, (_, now)), text in zip(changed.items(), told, strict=True):
        stamp = zlib.crc32(now.encode())
        if position.get(f"retyped_{name}") != stamp:
            kept = f"misfits are kept in {name}{VARIANT}"
            kept = "misfits are held back" if spec.contract == "quarantine" else kept
            fitted.incidents.append(
                Incident(f"{spec.source}.{spec.name}", "type_changed", name, f"{text}; {kept}")
            )
            fitted.marks[f"retyped_{name}"] = stamp
    if not files:
        return fitted
    incoming = parquet_scan(tuple(str(f) for f in files))
    fits = {name: _fits(name, before, now) for name, (before, now) in changed.items()}
    out = scratch / f"{spec.name}-fitted.parquet"
    with translate_errors():
        con.execute(f"create or replace temp view unfitted as select * from {incoming}")
        names = [str(row[0]) for row in con.execute("describe unfitted").fetchall()]
        counts = con.execute(
            "select "
            + ", ".join(f"count(*) filter (not ({fit}))" for fit in fits.values())
            + " from unfitted"
        ).fetchone()
        misfits = [n for n, count in zip(fits, counts or (), strict=False) if count]
        casts = ", ".join(
            f"case when {fits[name]} then try_cast({identifier(name)} as {before}) end "
            f"as {identifier(name)}"
            for name, (before, _) in changed.items()
        )
        if spec.contract == "quarantine":
            whole = " and ".join(f"({fit})" for fit in fits.values())
            select = f"select * replace ({casts}) from unfitted where {whole}"
            if misfits:
                fitted.held.append(_hold(con, spec, fits, names=names, scratch=scratch))
        else:
            select = _with_variants(casts, {n: fits[n] for n in misfits}, names=names)
        con.execute(f"copy ({select}) to {literal(str(out))} (format parquet, compression zstd)")
    fitted.files = [out]
    return fitted


def _fits(name: str, before: str, now: str) -> str:
    """Whether a value survives the way to its old type and back."""
    column = identifier(name)
    back = f"try_cast(try_cast({column} as {before}) as {now})"
    return f"{back} is not distinct from {column}"


def _with_variants(casts: str, misfits: Mapping[str, str], *, names: Sequence[str]) -> str:
    """A SELECT in which what does not fit is text in a column of its own."""
    added, replaced = [], [casts]
    for name, fit in misfits.items():
        variant = name + VARIANT
        text = f"case when not ({fit}) then cast({identifier(name)} as varchar) end"
        if variant in names:
            text = f"coalesce({identifier(variant)}, {text})"
            replaced.append(f"{text} as {identifier(variant)}")
        else:
            added.append(f"{text} as {identifier(variant)}")
    extra = "".join(f", {item}" for item in added)
    return f"select * replace ({', '.join(replaced)}){extra} from unfitted"


def _hold(
    con: Connection,
    spec: TableSpec,
    fits: Mapping[str, str],
    *,
    names: Sequence[str],
    scratch: Path,
) -> Path:
    """Rows that do not fit, as rows of the quarantine."""
    file = scratch / f"{spec.name}-misfits.parquet"
    own = [n for n in names if not n.startswith("_buck_")]

    def as_json(columns: Sequence[str]) -> str:
        items = ", ".join(f"{identifier(n)} := {identifier(n)}" for n in columns)
        return f"cast(to_json(struct_pack({items})) as varchar)"

    raw = as_json(own)
    head = literal(f"{spec.source}|{spec.name}|")
    reasons = ", ".join(
        f"case when not ({fit}) then {literal(f'{name} has another type')} end"
        for name, fit in fits.items()
    )
    any_misfit = " or ".join(f"not ({fit})" for fit in fits.values())
    con.execute(
        f"""
        copy (
            select
                substr(sha256({head} || (_buck_op = 'd')::varchar || {raw}), 1, {ID_DIGITS}) as id,
                {literal(spec.source)} as source, {literal(spec.name)} as "table",
                {as_json(list(spec.key))} as key, 'load' as stage, 'misfit' as rule,
                concat_ws(', ', {reasons}) as reason, encode({raw}) as raw,
                _buck_load_id as load_id, _buck_observed_at as observed_at, _buck_op as op,
                _buck_source_ts as source_ts, _buck_seq as seq, _buck_row_hash as row_hash,
                'pending' as status, null::timestamptz as decided_at, '' as decision,
                _buck_seq
            from unfitted where {any_misfit}
        ) to {literal(str(file))} (format parquet, compression zstd)
        """
    )
    return file
