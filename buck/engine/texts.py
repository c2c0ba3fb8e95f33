"""Rows of text leaving DuckDB without becoming Python objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from buck.engine.connection import translate_errors

if TYPE_CHECKING:
    from buck.engine.types import Connection

BATCH_ROWS = 50_000


def joined_texts(con: Connection, sql: str) -> Iterator[bytes]:
    """The first column of every row, one after the other as UTF-8, some thousand rows at a time.

    The column holds texts and no null; what parts them is part of them. Only a batch is in memory.

    Raises:
        LakeError, LakeDamaged: as every query.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    with translate_errors():
        for batch in con.execute(sql).to_arrow_reader(BATCH_ROWS):
            texts = batch.column(0)
            if len(texts):
                offsets = pa.array([0, len(texts)], pa.int32())
                joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "")
                yield joined[0].as_buffer().to_pybytes()
