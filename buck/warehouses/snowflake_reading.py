"""Rows of Snowflake as a Parquet file.

Its connector hands over Arrow only where pandas is installed, so rows come as Python's values. They
hold every digit of a number; instants come in microseconds, as the lake has them.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

_CHUNK_ROWS: Final = 50_000
_FIXED, _REAL, _DATE, _LTZ, _TZ, _NTZ, _BINARY, _TIME, _BOOLEAN = 0, 1, 3, 6, 7, 8, 11, 12, 13
"""The connector's numbers of types; what is none of them comes as text."""


def write_rows(cursor: Any, file: Path) -> None:
    """Every row of an executed query; column names are written in lower case."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    described = list(cursor.description)
    schema = pa.schema([(one.name.lower(), _arrow_type(one)) for one in described])
    numbers = {place for place, one in enumerate(described) if one.type_code == _FIXED}
    with pq.ParquetWriter(file, schema) as writer:
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            columns = [
                pa.array(
                    [_number(value) if place in numbers else value for value in values],
                    type=schema.field(place).type,
                )
                for place, values in enumerate(zip(*rows, strict=True))
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _arrow_type(described: Any) -> Any:
    import pyarrow as pa

    if described.type_code == _FIXED:
        return pa.decimal128(38, described.scale or 0)
    types = {
        _REAL: pa.float64(),
        _DATE: pa.date32(),
        _LTZ: pa.timestamp("us", "UTC"),
        _TZ: pa.timestamp("us", "UTC"),
        _NTZ: pa.timestamp("us"),
        _BINARY: pa.binary(),
        _TIME: pa.time64("us"),
        _BOOLEAN: pa.bool_(),
    }
    return types.get(described.type_code, pa.string())
