"""Landing one source by itself: what `python pipelines/<name>_pipeline.py` does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from buck.errors import BuckError, ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import land_source, new_load_id
from buck.flow.lock import hold_lock
from buck.flow.parts import land_name
from buck.ledger import RunRecorder
from buck.pipelines import SUFFIX
from buck.project import Project, open_project
from buck.records.load import LoadReport
from buck.records.run import Status


def land_file(pipeline_file: str | Path, *, environment: str | None = None) -> dict[str, Any]:
    """Land the source that a file of `pipelines/` declares; the report as JSON values.

    Raises:
        ConfigError: no source of `.buck.yml` uses this file.
    """
    path = Path(pipeline_file).resolve()
    project = open_project(path.parent, environment=environment)
    stem = path.name.removesuffix(SUFFIX)
    for name, source in project.settings.sources.items():
        if (source.pipeline or name) == stem:
            return land_one(project, name).to_dict()
    raise ConfigError(
        f"no source of .buck.yml uses {path.name}", hint=f"add sources.{stem} to .buck.yml"
    )


def land_one(
    project: Project,
    source: str,
    *,
    as_of: datetime | None = None,
    wait_s: float = 0.0,
    on_wait: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Land one source and record it as a run of its own."""
    lake = open_lake(project)
    as_of = project.as_of(as_of)
    with hold_lock(project.work, land_name(source), wait_s=wait_s, on_wait=on_wait):
        lake.sweep()
        recorder = RunRecorder(
            lake.storage, new_load_id(datetime.now(UTC)), pipeline=land_name(source)
        )
        recorder.start(as_of=as_of.isoformat(), environment=project.environment)
        try:
            report = land_source(project, lake, source, as_of=as_of, recorder=recorder)
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        recorder.finish(Status.DEGRADED if report.is_degraded else Status.OK)
    return report
