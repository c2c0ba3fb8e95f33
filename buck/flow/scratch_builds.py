"""Building marts in a database of their own: the code of any commit, over raw tables as pinned."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.holding import reduce_database
from buck.flow.mart_graph import MartGraph
from buck.lake import Lake
from buck.lake.row_quarantine import rows_out
from buck.names import TableRef
from buck.project import Project
from buck.records.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from buck.transform import DbtWorkspace


def scratch_space(
    project: Project, as_of: datetime, folder: Path, *, commit: str = ""
) -> DbtWorkspace:
    """How dbt is run on `build.duckdb` in a folder; with a commit, its dbt project is used.

    Raises:
        ConfigError: the commit cannot be read.
    """
    space = workspace(project, as_of, database=folder / "build.duckdb")
    if not commit:
        return space
    code = folder / "project"
    check_out(project, commit, code)
    return replace(
        space,
        project_dir=code / project.transform_dir.relative_to(project.root.resolve()),
        profiles_dir=code / project.profiles_dir.relative_to(project.root.resolve()),
        target_path=folder / "target",
        log_path=folder / "logs",
    )


def check_out(project: Project, commit: str, to: Path) -> None:
    """Put the dbt project as it was in a commit into a folder.

    Raises:
        ConfigError: git does not have the commit, or it has no such folder.
    """
    to.mkdir(parents=True)
    folders = {project.settings.dbt.project_dir, project.settings.dbt.profiles_dir}
    archive = to.with_suffix(".tar")
    # The path of an archive's folders is relative to the project, which need not be git's root.
    commands = [
        ["git", "-C", str(project.root), "archive", "-o", str(archive), commit, *folders],
        ["tar", "-xf", str(archive), "-C", str(to)],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["git gave no reason"])[0]
            raise ConfigError(
                f"commit {commit} cannot be read: {said}",
                hint="git fetch; the dbt project has to be under version control",
            )


def build_models(space: DbtWorkspace) -> None:
    """Build every seed and model from scratch, without tests.

    Raises:
        TransformError: a model failed.
    """
    from buck.transform import build, raise_for_models

    built = build(
        space,
        command="build",
        exclude=["resource_type:test", "resource_type:unit_test"],
        full_refresh=True,
        write_manifest=False,
    )
    raise_for_models(built)


def take_out_held(project: Project, lake: Lake, database: Path, snapshot: Snapshot) -> None:
    """Leave out the rows that the snapshot left out: by the quarantine as it stood then."""
    if not snapshot.held:
        return
    marts = {TableRef.parse(name): facts["version"] for name, facts in snapshot.held.items()}
    out = {mart: rows_out(lake, mart, version) for mart, version in marts.items()}
    reduce_database(
        project, database, snapshot.as_of, out, graph=MartGraph(project), source=database
    )
