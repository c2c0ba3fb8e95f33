"""Reading the models of a project that nothing has been built from yet."""

from __future__ import annotations

from pathlib import Path

from buck.project import Project
from buck.transform import DbtWorkspace, Declared, declared, ensure_parsed

NO_MOMENT = "2000-01-01T00:00:00+00:00"


def read_declared(project: Project, *, work: Path) -> tuple[Declared, ...]:
    """Everything the project's dbt files declare.

    Args:
        project: The project; nothing is written into it.
        work: A folder for what dbt leaves.

    Raises:
        TransformError: the files cannot be parsed.
    """
    workspace = parsing_workspace(project, work=work)
    ensure_parsed(workspace)
    return declared(workspace.target_path)


def parsing_workspace(project: Project, *, work: Path) -> DbtWorkspace:
    """How dbt is run on a project that has no lake yet: everything it writes is in `work`."""
    return DbtWorkspace(
        project_dir=project.transform_dir.resolve(),
        profiles_dir=project.profiles_dir.resolve(),
        target="duckdb",
        target_path=work / "target",
        log_path=work / "logs",
        # Parsing asks no clock and opens no database.
        vars={"as_of": NO_MOMENT, **project.settings.dbt.vars},
        env={"BUCK_BUILD_DB": str(work / "build.duckdb")},
    )
