"""One table's rows as one file for somebody else."""

from __future__ import annotations

import difflib
import os
import uuid
from pathlib import Path
from typing import Literal

from buck.engine import connect, translate_errors
from buck.errors import ConfigError, LakeError
from buck.flow.lake_access import open_lake, pin_tables, published_sql
from buck.flow.leases import Lease
from buck.lake import Lake, SnapshotStore
from buck.names import literal
from buck.project import Project
from buck.records.upkeep import Export

Format = Literal["parquet", "csv"]
Zone = Literal["raw", "marts"]
OPTIONS = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}


def export_table(
    project: Project,
    name: str,
    to: Path,
    *,
    format_: Format | None = None,
    layer: Zone | None = None,
    overwrite: bool = False,
) -> Export:
    """Write a raw table's newest version, or a published mart, to a file.

    The file is there when it is whole, or not at all; one that was there stays until then.

    Args:
        project: The project.
        name: `source.table` or `schema.table`.
        to: The file.
        format_: Its format; by its name if None.
        layer: Which one is meant, where a raw table and a mart share the name.
        overwrite: Replace a file that is there.

    Raises:
        ConfigError: there is no such table, two of them, or no such format; or the file is there.
        LakeDamaged: a file of the table is gone or cannot be read.
        LakeError: the file cannot be written.
    """
    chosen = _format(to, format_)
    if to.exists() and not overwrite:
        raise ConfigError(f"{to} is there already", hint="name another file, or --overwrite")
    lake = open_lake(project)
    lease = Lease(project.work, "exports a table")
    try:
        found, version, select = _find(project, lake, name, layer, lease)
        rows = _write(project, select, to, chosen)
    finally:
        lease.close()
    return Export(name, found, version, rows, to.stat().st_size, str(to))


def _format(to: Path, given: Format | None) -> Format:
    if given is not None:
        return given
    if to.suffix == ".parquet":
        return "parquet"
    if to.suffix == ".csv":
        return "csv"
    raise ConfigError(
        f"{to.name} does not say in which format it is meant",
        hint="call it .parquet or .csv, or add --format parquet",
    )


def _find(
    project: Project, lake: Lake, name: str, layer: Zone | None, lease: Lease
) -> tuple[Zone, int, str]:
    pins = {str(pin.table): pin for pin in pin_tables(project, lake)}
    lease.tell({table: pin.version for table, pin in pins.items() if table == name})
    current = SnapshotStore(lake.storage).current()
    marts = {f"{t.schema}.{t.name}": t for t in current.tables} if current else {}
    is_raw = name in pins and layer != "marts"
    is_mart = name in marts and layer != "raw"
    if is_raw and is_mart:
        raise ConfigError(
            f"{name} is a raw table and a mart", hint="say which with --layer raw or --layer marts"
        )
    if is_raw:
        return "raw", pins[name].version, pins[name].select_sql
    if is_mart and current is not None:
        return "marts", current.number, published_sql(lake, marts[name])
    near = difflib.get_close_matches(name, [*pins, *marts], n=1)
    raise ConfigError(
        f"there is no table {name!r}",
        hint=f"did you mean {near[0]}?" if near else "buck lake ls names them all",
    )


def _write(project: Project, select: str, to: Path, format_: Format) -> int:
    """Rows written. The file appears in one step, beside it nothing is left."""
    spare = to.with_name(f".{to.name}-{uuid.uuid4().hex}")
    con = connect(work=project.work)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with translate_errors():
            row = con.execute(
                f"copy ({select}) to {literal(str(spare))} ({OPTIONS[format_]})"
            ).fetchone()
        with spare.open("rb") as written:
            os.fsync(written.fileno())
        spare.replace(to)
    except OSError as exc:
        raise LakeError(
            f"{to} cannot be written: {exc.strerror or exc}", hint="name another place with --to"
        ) from exc
    finally:
        con.close()
        spare.unlink(missing_ok=True)
    assert row is not None
    return int(row[0])
