"""Delta's actions and commit records as Buck writes them, and its errors in Buck's words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from buck.errors import LakeDamaged, LakeError, LoadFenced
from buck.lake.raw_log import Batch

SEQUENCE = "buck/sequence"
CHECKSUMS = "buck.sha256"
OPERATION = "buck.operation"
"""What a commit is, where that is more than Delta's own word for it says."""
ADDING = frozenset({"CREATE TABLE", "WRITE", "ADD COLUMN", "ADD COLUMNS", "SET TABLE PROPERTIES"})


def commit_properties(
    batch: Batch, *, sequence: int, checksums: Mapping[str, str], is_creation: bool = False
) -> Any:
    """What a load's commit says beside its files: marks, facts, and the files' checksums."""
    from deltalake import CommitProperties, Transaction

    marks = [Transaction(f"buck/{name}", value) for name, value in batch.marks.items()]
    return CommitProperties(
        custom_metadata={
            "buck.load_id": batch.load_id,
            CHECKSUMS: json.dumps(dict(checksums)),
            **batch.facts,
        },
        app_transactions=[Transaction(SEQUENCE, sequence), *marks],
        # A creation that finds another one in its way would be put on top of it as version 1.
        max_commit_retries=0 if is_creation else None,
    )


def add_action(name: str, file: Path, *, is_new: bool = True) -> Any:
    """The action that makes a file part of a table; its rows are new, or were there before."""
    from deltalake.transaction import AddAction

    return AddAction(
        path=name,
        size=file.stat().st_size,
        partition_values={},
        modification_time=int(time.time() * 1000),
        data_change=is_new,
        stats=json.dumps(_statistics(file)),
    )


def _statistics(file: Path) -> dict[str, Any]:
    """Row count, and for `_buck_seq` the range, so that readers can skip files."""
    import pyarrow.parquet as pq

    meta = pq.read_metadata(file)
    stats: dict[str, Any] = {"numRecords": meta.num_rows}
    names = [meta.schema.column(i).name for i in range(meta.num_columns)]
    if "_buck_seq" in names and meta.num_row_groups:
        index = names.index("_buck_seq")
        ranges = [meta.row_group(g).column(index).statistics for g in range(meta.num_row_groups)]
        if all(r is not None and r.has_min_max for r in ranges):
            stats["minValues"] = {"_buck_seq": min(r.min for r in ranges)}
            stats["maxValues"] = {"_buck_seq": max(r.max for r in ranges)}
    return stats


@contextmanager
def delta_errors(url: str) -> Iterator[None]:
    """Turn the Delta library's errors into Buck's."""
    from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

    try:
        yield
    except TableNotFoundError:
        raise
    except CommitFailedError as exc:
        raise LoadFenced(
            f"{url} was loaded by another run meanwhile",
            hint="nothing was written by this run; run it again",
        ) from exc
    except DeltaError as exc:
        if "already exists" in str(exc):
            raise LoadFenced(
                f"{url} was created by another run meanwhile",
                hint="nothing was written by this run; run it again",
            ) from exc
        raise LakeDamaged(f"{url}: {str(exc).splitlines()[0]}", hint="buck doctor") from exc
    except OSError as exc:
        raise LakeError(f"{url}: {exc}", hint="free disk space or check access") from exc


def only_adds(commit: Mapping[str, Any]) -> bool:
    """Whether a commit is known to have taken no file away."""
    mode = str(commit.get("operationParameters", {}).get("mode", "Append"))
    is_adding = commit["operation"] in ADDING and mode in ("Append", "ErrorIfExists")
    return is_adding and OPERATION not in commit
