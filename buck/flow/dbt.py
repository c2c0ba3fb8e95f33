"""dbt by hand: the user's own dbt commands on the candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from buck.errors import TransformError
from buck.flow.building import built_at, gather_inputs, prepare_database, workspace
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.landing import declared_tables
from buck.flow.lock import hold_lock
from buck.flow.promotion_side import refuse_over_published
from buck.project import Project

ASKING = frozenset({"test", "show"})
"""These ask the candidates as they are, against the raw tables that they were built from."""
BUILDING = frozenset({"build", "run", "seed", "snapshot"})
WITHOUT_ADAPTER = frozenset({"clean", "deps", "--help", "-h"})
READ_ONLY = frozenset({"ls", "list", "parse", "clean", "deps", "debug", "--help", "-h"})


def run_dbt(project: Project, arguments: Sequence[str], *, on_line: Callable[[str], None]) -> bool:
    """Run one dbt command; whether it succeeded.

    With `--target` it runs on a warehouse, and the lake's own build database stays as it is.

    Args:
        project: The project.
        arguments: dbt's own words, such as `run --select staging`.
        on_line: Called with every line dbt says.

    Raises:
        TransformError: dbt could not start.
        LakeLocked: a run has the project.
        WarehouseError: it would build over what a promotion published there.
    """
    from buck.transform import passthrough, read_target, require_adapter, target_names

    given = list(arguments) or ["--help"]
    target, given = _take_target(given)
    is_asking = given[0] in ASKING and target == "duckdb" and project.build_database.exists()
    as_of = built_at(project) if is_asking else project.as_of()
    space = workspace(project, as_of, target=target)
    is_served = given[:2] == ["docs", "serve"]
    if is_served:
        given = _served(given, space.target_path)
    elsewhere = target != "duckdb"
    if given[0] not in WITHOUT_ADAPTER and target in target_names(space):
        settings = read_target(space, env=project.variables)
        require_adapter(settings)
        if elsewhere and given[0] in BUILDING and "schema_prefix" not in " ".join(given):
            refuse_over_published(project, target, settings)
    if given[0] in READ_ONLY or "--help" in given or elsewhere or is_served:
        return passthrough(space, given, on_line=on_line)
    lake = open_lake(project)
    with hold_lock(project.work, f"buck dbt {given[0]}"):
        if is_asking:
            return passthrough(space, given, on_line=on_line)
        pins = pin_tables(project, lake, declared_tables(project))
        prepare_database(project, lake, gather_inputs(project, pins, as_of))
        return passthrough(space, given, on_line=on_line)


def _take_target(arguments: list[str]) -> tuple[str, list[str]]:
    """The target that is named, else the lake's, and the other words."""
    target, rest = "duckdb", []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in ("--target", "-t"):
            target = value if equals else next(words, target)
        else:
            rest.append(word)
    return target, rest


def _served(arguments: list[str], target: Path) -> list[str]:
    """The command for the documentation's server, which opens no browser unless told to.

    Raises:
        TransformError: there is nothing to serve yet.
    """
    if not (target / "catalog.json").is_file():
        raise TransformError(
            "the documentation has not been generated yet", hint="buck dbt docs generate"
        )
    return arguments if "--browser" in arguments else [*arguments, "--no-browser"]
