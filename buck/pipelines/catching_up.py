"""A load that waited with its rows while others of the same source committed theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from buck.pipelines.committing import Lander
from buck.records.load import OpenedTable
from buck.sources.load import SEQUENCE_SHIFT, Load


def catch_up(
    load: Load,
    files: Mapping[str, Sequence[Path]],
    lander: Lander,
    *,
    opened: Mapping[str, OpenedTable],
) -> bool:
    """Make a load's rows follow what was committed since its tables were opened.

    The rows get the numbers they would have had if they were read now; the lake's fence stands as
    ever, since the tables are opened again.

    Args:
        load: The load, read to its end.
        files: Its rows, by table; rewritten in place.
        lander: The lake's side of it.
        opened: Where its tables stood when it opened them.

    Returns:
        Whether that is all there is to it. If not, a table's columns have changed, by which rows
        are read: the source must be read again.
    """
    for name, table in load.tables.items():
        before, now = opened[name], lander.open(table.spec)
        if dict(now.types) != dict(before.types):
            return False
        missed = now.sequence - before.sequence
        if missed:
            shift = missed << SEQUENCE_SHIFT
            table.sequence += missed
            table.held = [
                record if record.seq is None else replace(record, seq=record.seq + shift)
                for record in table.held
            ]
            for file in files.get(name, ()):
                _renumber(file, shift)
    return True


def _renumber(file: Path, shift: int) -> None:
    """Add to every `_buck_seq` of a Parquet file; nothing else of it changes."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    out = file.with_suffix(".moved")
    with (
        pq.ParquetFile(file) as source,
        pq.ParquetWriter(out, source.schema_arrow, compression="zstd") as writer,
    ):
        place = source.schema_arrow.get_field_index("_buck_seq")
        field = source.schema_arrow.field(place)
        for batch in source.iter_batches():
            moved = pc.add(batch.column(place), shift).cast(field.type)
            writer.write_batch(batch.set_column(place, field, moved))
    out.replace(file)
