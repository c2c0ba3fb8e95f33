"""Single records of a generic source as batches of raw rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from buck.errors import SourceChanged
from buck.records.quarantine import HeldRecord
from buck.sources.arrow import rows_to_arrow
from buck.sources.load import TableLoad

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 5_000
"""Records per batch: large enough for Arrow to pay, small enough to hold."""

Record = Mapping[str, Any]


def yield_batches(
    table: TableLoad,
    records: Iterable[Record],
    *,
    source_at: Callable[[Record], datetime | None] | None = None,
    seen: set[tuple[Any, ...]] | None = None,
) -> Iterator[pa.Table]:
    """Arrow tables for the load, in the order of the records.

    Args:
        table: The table's part of the load.
        records: One mapping per record, keyed by column name.
        source_at: When the source says a record's version became true.
        seen: Collects every record's key as the lake will hold it, also of records that are held
            back: they are there, if not readable.

    Raises:
        SourceChanged: not one record has its key, so the key is not what was declared.
    """
    key, waiting = table.spec.key, iter(records)
    has_key = False
    while batch := list(islice(waiting, ROWS)):
        has_key = has_key or any(all(r.get(k) is not None for k in key) for r in batch)
        if not has_key:
            missing = [k for k in key if batch[0].get(k) is None]
            raise SourceChanged(
                f"a record of {table.spec.source}.{table.spec.name} has no "
                f"{', '.join(missing)}: {str(batch[0])[:120]}",
                hint="name the columns that are never empty as key=(…) in the pipeline's file",
            )
        at = None if source_at is None else [source_at(record) for record in batch]
        held = len(table.held)
        rows = table.arrow(batch, source_at=at)
        if seen is not None:
            seen.update(tuple(row[k] for k in key) for row in rows.select(list(key)).to_pylist())
            seen.update(_held_keys(table, table.held[held:]))
        yield rows


def _held_keys(table: TableLoad, held: Sequence[HeldRecord]) -> Iterator[tuple[Any, ...]]:
    """Keys of records that were held back, as the lake would have held them."""
    spec = table.spec
    columns = tuple(column for column in spec.columns if column.name in spec.key)
    for record in held:
        key = orjson.loads(record.key) if record.key else {}
        if len(key) < len(spec.key):
            continue
        with suppress(SourceChanged):
            row = rows_to_arrow(
                replace(spec, columns=columns),
                [key],
                op="r",
                source_at=None,
                load_id=table.load_id,
                as_of=table.as_of,
            ).to_pylist()[0]
            yield tuple(row[name] for name in spec.key)
