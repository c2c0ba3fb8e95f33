"""Pipelines that are not to be started by their schedule for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, unquote

from buck.errors import ConfigError
from buck.project import Project

FOLDER = "schedule/paused"


def pause(project: Project, pipeline: str) -> None:
    """Let a schedule not start its pipeline until it is resumed; a run going on is left alone.

    Raises:
        ConfigError: the pipeline has no schedule.
    """
    _refuse_unscheduled(project, pipeline)
    folder = project.work / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / quote(pipeline, safe="")
    if not file.exists():
        file.write_text(datetime.now(UTC).isoformat(timespec="seconds"), encoding="utf-8")


def resume(project: Project, pipeline: str) -> bool:
    """Let the schedule start its pipeline again; whether it was paused.

    Raises:
        ConfigError: the pipeline has no schedule.
    """
    _refuse_unscheduled(project, pipeline)
    file = project.work / FOLDER / quote(pipeline, safe="")
    was_paused = file.exists()
    file.unlink(missing_ok=True)
    return was_paused


def read_paused(project: Project) -> dict[str, str]:
    """The paused pipelines, with since when."""
    folder = project.work / FOLDER
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {unquote(file.name): file.read_text(encoding="utf-8") for file in files}


def _refuse_unscheduled(project: Project, pipeline: str) -> None:
    project.pipeline(pipeline)
    if pipeline not in project.settings.orchestration.schedules:
        raise ConfigError(
            f"{pipeline} has no schedule that could be paused",
            hint=f"add orchestration.schedules.{pipeline}, or stop a run that goes on with "
            f"`buck pipeline cancel {pipeline}`",
        )
