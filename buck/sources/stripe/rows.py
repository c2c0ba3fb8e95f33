"""Changes as rows of their raw table, and keys compared with those of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from buck.sources.load import TableLoad
from buck.sources.stripe.changes import Change
from buck.sources.stripe.discounts import without_discounts
from buck.sources.stripe.endpoints import ENDPOINTS, EVENT_LIST

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


def to_arrow(load: TableLoad, changes: list[Change]) -> pa.Table:
    """Changes as rows of their raw table; their records lose what has no place in it."""
    name = load.spec.name
    endpoint = EVENT_LIST if name == EVENT_LIST.spec.name else ENDPOINTS.get(name)
    left_out = endpoint.left_out if endpoint is not None else frozenset()
    records = [c.record for c in changes]
    if endpoint is not None and endpoint.discounts:
        records = [without_discounts(record) for record in records]
    for record in records if left_out else ():
        for field in left_out & record.keys():
            del record[field]
    return load.arrow(
        records,
        op=[c.op for c in changes],
        source_at=[
            None if c.told_s is None else datetime.fromtimestamp(c.told_s, tz=UTC) for c in changes
        ],
    )


def key_rows(load: TableLoad, changes: list[Change]) -> pa.Table:
    """The keys of changes, as text."""
    import pyarrow as pa

    schema = _key_schema(load)
    keys = [{name: c.record[name] for name in load.spec.key} for c in changes]
    return pa.Table.from_pylist(keys, schema=schema)


def find_gone(load: TableLoad, seen: list[pa.Table]) -> pa.Table:
    """The keys that the lake holds and that are not among those seen, sorted."""
    import pyarrow as pa

    schema = _key_schema(load)
    known = load.known_keys().select(schema.names).cast(schema)
    listed = pa.concat_tables([schema.empty_table(), *seen])
    gone = known.join(listed, keys=schema.names, join_type="left anti")
    return gone.sort_by([(name, "ascending") for name in schema.names])


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Values in lists of `size`, the last one shorter."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def join_tables(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in fewer tables, of about `size` rows where their columns agree."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for table in tables:
        if waiting and table.schema != waiting[0].schema:
            yield pa.concat_tables(waiting)
            waiting = []
        waiting.append(table)
        if sum(t.num_rows for t in waiting) >= size:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _key_schema(load: TableLoad) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in load.spec.key])
