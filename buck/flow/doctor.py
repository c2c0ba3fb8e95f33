"""Looking for what is wrong, each finding with its cure."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from buck.engine import connect
from buck.errors import BuckError
from buck.flow.knocking import has_proxy, silent_addresses
from buck.flow.lake_access import open_lake
from buck.flow.lock import hold_lock
from buck.lake import Lake, SnapshotStore
from buck.pipelines import find_modules
from buck.project import FILE, REFERENCE, Project, find_faults, is_secret, resolve

PACKAGES = (
    "duckdb",
    "dbt-core",
    "dbt-duckdb",
    "dlt",
    "deltalake",
    "soda-core",
    "polars",
    "pyarrow",
)
CLIENTS = {
    "openlineage": "openlineage-python",
    "opentelemetry": "opentelemetry-exporter-otlp-proto-http",
}
RESTORE = "restore it from a backup or the bucket's versions, or check the access to it"
LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `failed` keeps something from working; `warned` does not."""

    subject: str
    status: Literal["passed", "warned", "failed"]
    what: str
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def examine(project: Project) -> list[Finding]:
    """Everything worth knowing before a run; changes nothing but a probe object in the lake."""
    return [
        *_machine(project),
        *_configuration(project),
        *_sources(project),
        *_observers(project),
        *_lake(project),
    ]


def explain_settings(project: Project) -> list[tuple[str, str, str]]:
    """Every setting, its value as written, and where it comes from.

    References stay references; a secret that stands there itself is not shown.
    """
    rows = []
    for key, value in _leaves(project.settings.model_dump(mode="json", by_alias=True), ""):
        hidden = is_secret(key.split(".")) and value and not REFERENCE.fullmatch(str(value))
        rows.append((key, "…" if hidden else str(value), project.origins.get(key, "default")))
    return rows


def _machine(project: Project) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "passed", python)
    for name in PACKAGES:
        try:
            yield Finding(name, "passed", version(name))
        except PackageNotFoundError:
            yield Finding(name, "failed", "is not installed", "pip install buck-lakehouse")
    try:
        con = connect(work=project.work)
        con.execute("load postgres_scanner")
        con.close()
        yield Finding("duckdb extensions", "passed", "load without a network")
    except BuckError as exc:
        yield Finding("duckdb extensions", "failed", exc.what, exc.hint)
    free = shutil.disk_usage(project.root).free
    status: Literal["passed", "warned"] = "passed" if free > LOW_DISK_BYTES else "warned"
    hint = "" if status == "passed" else "free some space before a big load"
    yield Finding("disk", status, f"{free / 1024**3:.1f} GiB free", hint)


def _configuration(project: Project) -> Iterator[Finding]:
    yield Finding("environment", "passed", f"{project.environment}, lake at {project.lake_root}")
    for fault in find_faults(project.root, environment=project.environment):
        where = f"{FILE}:{fault.line}" if fault.line else FILE
        yield Finding(where, "failed", fault.what, fault.hint)
    for notice in project.notices:
        yield Finding(
            notice.path,
            "warned" if notice.instead else "passed",
            f"{notice.value}: {notice.meaning}",
            f"write {notice.instead}" if notice.instead else "",
        )
    if (project.transform_dir / "dbt_project.yml").is_file():
        yield Finding("dbt project", "passed", project.settings.dbt.project_dir)
    else:
        yield Finding(
            "dbt project",
            "failed",
            f"there is none in {project.settings.dbt.project_dir}",
            "set dbt.project_dir in .buck.yml",
        )


def _sources(project: Project) -> Iterator[Finding]:
    modules = find_modules(project.pipelines_dir)
    origin = " (the sandbox's)" if project.uses_sandbox else ""
    for name, source in project.settings.sources.items():
        if source.connector != "dlt":
            continue
        if (source.pipeline or name) not in modules:
            yield Finding(
                f"source {name}",
                "failed",
                "has no file in pipelines/",
                f"write pipelines/{source.pipeline or name}_pipeline.py",
            )
            continue
        try:
            options = project.source_options(name)
        except BuckError as exc:
            yield Finding(f"source {name}", "failed", exc.what, exc.hint)
            continue
        silent = [] if has_proxy(project) else silent_addresses(options.values())
        if silent:
            yield Finding(
                f"source {name}",
                "failed",
                f"does not answer: {', '.join(silent)}",
                f"check the address under sources.{name}.options, and the network",
            )
        else:
            yield Finding(f"source {name}", "passed", f"every setting is there{origin}")


def _observers(project: Project) -> Iterator[Finding]:
    """Catalogues and collectors that runs are told to; none of them can break a run."""
    settings = project.settings.observability
    wanted = {
        "openlineage": (settings.openlineage.url, settings.openlineage.file),
        "opentelemetry": (settings.opentelemetry.url, None),
    }
    for channel, (url, file) in wanted.items():
        if not url and not file:
            continue
        try:
            address = resolve(url, project.variables, path=f"observability.{channel}.url")
        except BuckError as exc:
            yield Finding(channel, "warned", exc.what, exc.hint)
            continue
        silent = [] if has_proxy(project) else silent_addresses([address])
        if not _is_installed(CLIENTS[channel]):
            line = f"pip install 'buck-lakehouse[{channel}]'"
            yield Finding(channel, "warned", "its library is not installed", line)
        elif silent:
            what = f"does not answer: {', '.join(silent)}"
            yield Finding(channel, "warned", what, f"check observability.{channel}.url")
        else:
            yield Finding(channel, "passed", "runs are told to it")


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _lake(project: Project) -> Iterator[Finding]:
    try:
        with hold_lock(project.work, "buck doctor"):
            yield Finding("lock", "passed", "free")
    except BuckError as exc:
        yield Finding("lock", "warned", exc.what, exc.hint)
    try:
        lake = open_lake(project)
        yield _probe(lake)
        if lake.exists:
            yield from _contents(lake)
    except BuckError as exc:
        yield Finding("lake", "failed", exc.what, _other_than_doctor(exc.hint))


def _probe(lake: Lake) -> Finding:
    storage = lake.storage
    probe = f".probe-{uuid.uuid4().hex}"
    first, second = storage.create(probe, b"1"), storage.create(probe, b"2")
    kept = storage.read(probe)
    storage.remove(probe)
    if first and not second and kept == b"1":
        return Finding("lake", "passed", "writable, and a second writer is refused")
    return Finding(
        "lake",
        "failed",
        "the store overwrites an object that must not exist (If-None-Match is ignored)",
        "use a store with conditional puts; two runs on this one could lose data",
    )


def _contents(lake: Lake) -> Iterator[Finding]:
    """Whether every file that the lake's own records name is there; none is read."""
    held = set(lake.storage.names("raw"))
    try:
        tables = lake.raw_tables()
        states = [lake.raw(t.source, t.name).state() for t in tables]
    except BuckError as exc:
        yield Finding("raw tables", "failed", exc.what, _other_than_doctor(exc.hint))
    else:
        lost = sorted({f for state in states for f in state.files} - held)
        yield _whole("raw tables", f"{len(tables)} tables", lost)
    try:
        current = SnapshotStore(lake.storage).current()
    except BuckError as exc:
        yield Finding("published marts", "failed", exc.what, _other_than_doctor(exc.hint))
        return
    if current is None:
        yield Finding("published marts", "passed", "nothing yet")
        return
    held = set(lake.storage.names("marts"))
    lost = sorted({f for table in current.tables for f in table.files} - held)
    yield _whole("published marts", f"snapshot {current.id}", lost)


def _whole(subject: str, what: str, lost: list[str]) -> Finding:
    if not lost:
        return Finding(subject, "passed", f"{what}, every file is there")
    return Finding(
        subject,
        "failed",
        f"{what}; {len(lost)} files are gone, the first is {lost[0]}",
        "restore them from a backup or the bucket's versions",
    )


def _other_than_doctor(hint: str) -> str:
    """A hint for somebody who has come to the doctor already."""
    return RESTORE if hint in ("", "buck doctor") else hint


def _leaves(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    elif value is not None and value != {}:
        yield prefix, value
