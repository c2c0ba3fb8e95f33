"""Whether the project's models mean the same on every engine; nothing is connected to."""

from __future__ import annotations

from collections.abc import Sequence

from buck.flow.building import workspace
from buck.project import Project
from buck.records.portability import PortabilityReport


def check_models(
    project: Project, select: Sequence[str] = (), *, targets: Sequence[str] = ()
) -> PortabilityReport:
    """Compile, parse and search every model for every engine, or those that are named.

    Raises:
        ConfigError: an unknown target, or nothing is selected.
        TransformError: dbt can't parse the project.
    """
    from buck.portability import DbtProject, check_portability
    from buck.transform import ensure_parsed

    space = workspace(project, project.as_of())
    ensure_parsed(space)
    parsed = DbtProject.load(
        space.project_dir,
        space.target_path / "manifest.json",
        profiles=space.profiles_dir,
        variables=space.vars,
    )
    return check_portability(parsed, select=select, engines=targets)
