"""What a Salesforce source gives, without a lake: rows with the name of their table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa


def read_source(given: Any) -> Iterator[tuple[str, pa.Table]]:
    """The rows of every resource, one resource after the other."""
    from dlt.extract.items import TableNameMeta
    from dlt.extract.pipe_iterator import PipeIterator

    for name, resource in given.resources.items():
        for item in PipeIterator.from_pipes([resource._pipe]):
            named = isinstance(item.meta, TableNameMeta)
            yield item.meta.table_name if named else name, item.item
