"""Run one source through dlt: extract and normalise by dlt, commit by the lake.

dlt's working folder lives in the load's scratch and dies with it. What must survive, the rows and
how far the source was read, is in the lake's own commit; a load that was killed is simply read
again from there, and nothing of it has to be found, resumed or dropped.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from buck.errors import BuckError, ConfigError, LakeError, SourceError, causes
from buck.pipelines.catching_up import catch_up
from buck.pipelines.committing import Lander, MergeSchema, commit_tables, refuse_changed
from buck.pipelines.module import IMPORT_FAILURES, SourceModule
from buck.project import is_secret
from buck.records.load import LoadReport, LoadRules, OpenedTable, Reading, TableReport
from buck.records.table import TableSpec
from buck.sources.load import Load, TableLoad, bind

if TYPE_CHECKING:
    from dlt.extract import DltSource

PROVIDER = "buck project"
_LOCK = threading.Lock()
"""Guards what dlt keeps once per process, while several sources land at the same time."""
_SETTINGS: dict[str, dict[str, Any]] = {}
_UNTRACKED: list[list[Any]] = []
"""dlt's trackers, once for each load that goes on without them."""
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def run_source(
    module: SourceModule,
    lander: Lander,
    *,
    load_id: str,
    as_of: datetime,
    options: Mapping[str, Any],
    merge_schema: MergeSchema,
    on_table: Callable[[TableReport], None] = lambda _: None,
    on_reading: Callable[[Callable[[], Reading]], None] = lambda _: None,
    is_whole: bool = False,
    confirmed: frozenset[str] = frozenset(),
    rules: LoadRules | None = None,
    turn: Callable[[], AbstractContextManager[None]] | None = None,
) -> LoadReport:
    """Land what is new in one source.

    Running it twice with nothing new lands no rows. Tables are committed one by one in the order
    the source opened them; if this dies in between, the next load continues with the others.

    Args:
        module: The user's source file.
        lander: The lake's side of this load.
        load_id: Names the load in every row and commit.
        as_of: The run's time, written as `_buck_observed_at`.
        options: The source's settings, secrets resolved; given to dlt as configuration.
        merge_schema: The raw schema of files that may carry undeclared columns.
        on_table: Called after each table's commit.
        on_reading: Called when reading begins, with a function that tells how far it is.
        is_whole: Read everything again instead of what is new, whatever the marks say. Versions the
            lake has are not landed again, records that are gone become tombstones.
        confirmed: Tables of which many rows may be gone at once.
        rules: Contracts of its tables, how much may be held back, and a range if only a stretch of
            source time is to be read; then no mark moves.
        turn: Entered between reading and committing, if other loads of the source commit meanwhile;
            nobody but this load commits to its tables inside.

    Raises:
        SourceError: the source failed; tables committed before stay, none is half committed.
        ConfigError: a setting that the source needs is missing.
    """
    started = time.monotonic()
    rules = rules or LoadRules()
    opened_at: dict[str, OpenedTable] = {}

    def open_table(spec: TableSpec) -> TableLoad:
        spec = replace(spec, contract=rules.contract_of(spec))
        opened = opened_at[spec.name] = lander.open(spec)
        table = TableLoad(
            spec=spec,
            load_id=load_id,
            as_of=as_of,
            sequence=opened.sequence + 1,
            position={} if is_whole else opened.position,
            read_keys=lambda: lander.known_keys(spec),
            read_hashes=lambda keys: lander.known_hashes(spec, keys),
            read_history=lambda: lander.key_history_sql(spec),
            columns=opened.columns,
        )
        refuse_changed(table, opened.types)
        return table

    def read() -> tuple[Load, dict[str, list[Path]]]:
        load = Load(
            source=module.name,
            load_id=load_id,
            as_of=as_of,
            scratch=lander.scratch,
            open_table=open_table,
            confirmed=confirmed,
            wanted=rules.span,
            only=rules.only,
        )
        on_reading(load.reading)
        files = _extract(module, load, options)
        _refuse_strangers(module, load, files)
        return load, files

    load, files = read()
    with turn() if turn else nullcontext():
        if turn and not catch_up(load, files, lander, opened=opened_at):
            shutil.rmtree(lander.scratch)
            lander.scratch.mkdir()
            load, files = read()
        done = commit_tables(
            load, files, lander, rules=rules, merge_schema=merge_schema, on_table=on_table
        )
    return LoadReport(
        source=module.name,
        load_id=load_id,
        tables=tuple(done.reports),
        skipped=dict(load.skipped),
        seconds=time.monotonic() - started,
        exceeded=done.exceeded,
        incidents=tuple(done.incidents),
        notes=dict(load.notes),
    )


def preload() -> None:
    """Import what every load needs, once and in one thread.

    Threads that import pyarrow and dlt for the first time at the same moment may see halves of
    them: their modules import each other.
    """
    import pyarrow.compute
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401


def _refuse_strangers(module: SourceModule, load: Load, files: Mapping[str, list[Path]]) -> None:
    """Rows of a table that was not opened through the load would be lost without a word."""
    strangers = sorted(set(files) - set(load.tables))
    if strangers:
        raise ConfigError(
            f"{module.path.name} gives rows of {', '.join(strangers)}, which is no raw table of it",
            hint="open it with `buck.sources.load.current_load().table(spec)` and yield "
            "`table.arrow(records)`",
        )


def _extract(module: SourceModule, load: Load, options: Mapping[str, Any]) -> dict[str, list[Path]]:
    """Run the dlt pipeline; the Parquet files it made, by table."""
    import dlt
    from dlt.common.configuration.exceptions import ConfigurationException
    from dlt.pipeline.exceptions import PipelineStepFailed

    files: dict[str, list[Path]] = {}

    @dlt.destination(
        batch_size=0,
        loader_file_format="parquet",
        name="buck_lake",
        naming_convention="direct",
        skip_dlt_columns_and_tables=True,
        max_table_nesting=0,
    )
    def take(file: Any, table: Any, /) -> None:
        name = str(table["name"])
        taken = files.setdefault(name, [])
        # dlt removes its package when the load is complete; a second link keeps the bytes.
        link = load.scratch / f"{name}-{len(taken):04d}.parquet"
        os.link(file, link)
        taken.append(link)

    _provide(module.name, options)
    pipeline = dlt.pipeline(
        pipeline_name=f"buck_{module.name}",
        pipelines_dir=str(load.scratch / "dlt"),
        destination=take,
        dataset_name="raw",
    )
    # The state dies with the working folder; as a job of its own it made a run without rows wait.
    pipeline.config.restore_from_destination = False
    # dlt's trace is a file with the value of every setting that is not declared as a secret.
    pipeline.config.enable_runtime_trace = False
    # Signals are the command's: dlt would answer them with words and a rest of work.
    pipeline.runtime_config.intercept_signals = False
    try:
        with bind(load), _untracked():
            source = _build(module, options)
            pipeline.run(source, loader_file_format="parquet")
    except ConfigurationException as exc:
        raise ConfigError(
            f"the source {module.name} misses a setting: {_missing(exc)}",
            hint=f"set it under sources.{module.name}.options in .buck.yml, or in .env",
        ) from exc
    except SystemExit as exc:
        # It would end a thread of ours without a word.
        raise SourceError(
            f"the source {module.name} failed: it called sys.exit({exc.code!r})",
            hint=f"let pipelines/{module.name}_pipeline.py raise an error instead; nothing of this "
            "load was committed",
        ) from exc
    except PipelineStepFailed as exc:
        _raise_interrupt(exc)
        raise _cause(module.name, exc, options) from exc
    return files


@contextmanager
def _untracked() -> Iterator[None]:
    """Keep dlt's trackers out of the run.

    dlt 1.31 writes an id for its telemetry into the home folder (root's: /var/dlt) even where the
    telemetry itself is switched off.
    """
    from dlt.pipeline import trace

    with _LOCK:
        _UNTRACKED.append(_UNTRACKED[0] if _UNTRACKED else trace.TRACKING_MODULES)
        trace.TRACKING_MODULES = []
    try:
        yield
    finally:
        with _LOCK:
            trackers = _UNTRACKED.pop()
            if not _UNTRACKED:
                trace.TRACKING_MODULES = trackers


def _build(module: SourceModule, options: Mapping[str, Any]) -> DltSource:
    """What the user's `source()` gives."""
    from dlt.common.configuration.exceptions import ConfigurationException

    try:
        return module.source()
    except ConfigurationException:
        raise
    except IMPORT_FAILURES as exc:
        raise _cause(module.name, exc, options) from exc


def _provide(source: str, options: Mapping[str, Any]) -> None:
    """Make the project's settings of this source what dlt's own configuration finds."""
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.providers import CustomLoaderDocProvider
    from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

    with _LOCK:
        _SETTINGS[source] = dict(options)
        settings = {"sources": dict(_SETTINGS)}
        provider = CustomLoaderDocProvider(PROVIDER, lambda: settings, supports_secrets=True)
        providers = Container()[PluggableRunContext].providers
        others = [p for p in providers.providers if p.name != PROVIDER]
        # Before the environment, where dlt would also take a bare CLIENT_ID for the source's. In
        # one step, because other loads may be looking something up.
        providers.providers[:] = [provider, *others]


def _missing(exc: Exception) -> str:
    fields = getattr(exc, "fields", None)
    return ", ".join(fields) if fields else str(exc).splitlines()[0]


def _without_secrets(text: str, options: Mapping[str, Any]) -> str:
    """A foreign message without the source's secrets, which its libraries may repeat."""
    for name, value in options.items():
        if isinstance(value, str) and value and is_secret([name]):
            for part in (value, *_passwords(value)):
                text = text.replace(part, "…")
    return text


def _passwords(value: str) -> list[str]:
    """The password in an address, as written and as meant."""
    try:
        password = urlsplit(value).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []


def _raise_interrupt(exc: BaseException) -> None:
    """Ctrl-C, which dlt wraps as if the source had failed."""
    for inner in causes(exc):
        if isinstance(inner, KeyboardInterrupt):
            raise inner


def _cause(source: str, exc: BaseException, options: Mapping[str, Any]) -> BuckError:
    """The Buck error that dlt wrapped, or one that says what the user's source raised."""
    chain = list(causes(exc))
    for inner in chain:
        if isinstance(inner, BuckError):
            return inner
        if isinstance(inner, OSError) and inner.errno in FULL:
            return LakeError("the disk is full", hint="free some space and run again")
    # What the source raised is below dlt's wrapping; what lies deeper is how it came to that.
    told = next((e for e in chain if not type(e).__module__.startswith("dlt.")), exc)
    reason = (str(told).splitlines() or [""])[0]
    return SourceError(
        f"the source {source} failed: {type(told).__name__}: {_without_secrets(reason, options)}",
        hint=f"see pipelines/{source}_pipeline.py; nothing of this load was committed",
    )
