"""Questions put to a target's database through dbt's own adapter, whichever engine it is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from buck.errors import TransformError
from buck.transform.session import borrow_dbt, scrub
from buck.transform.workspace import DbtWorkspace


@dataclass(frozen=True, slots=True)
class Reply:
    """What a query gave: rows, or why it could not run."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: str = ""


def ask(workspace: DbtWorkspace, queries: Mapping[str, str]) -> dict[str, Reply]:
    """Every query's reply, under the name it was asked by; each is asked by itself.

    A query that fails is a reply, too. The connection is closed on return, and nothing is printed.

    Raises:
        TransformError: the target's database does not answer, or its profile can't be read.
    """
    with borrow_dbt(workspace.env), _adapter(workspace) as adapter:
        return {name: _ask(adapter, sql, workspace.env) for name, sql in queries.items()}


def _ask(adapter: Any, sql: str, env: Mapping[str, str]) -> Reply:
    from dbt_common.exceptions import DbtBaseException

    try:
        _, table = adapter.execute(sql, fetch=True)
    except DbtBaseException as exc:
        adapter.connections.rollback_if_open()
        lines = [line.strip() for line in scrub(str(exc), env).splitlines() if line.strip()]
        return Reply(error=lines[1] if len(lines) > 1 else "".join(lines) or type(exc).__name__)
    rows = tuple(tuple(row) for row in table.rows)
    return Reply(tuple(table.column_names), rows)


@contextmanager
def _adapter(workspace: DbtWorkspace) -> Iterator[Any]:
    """The target's adapter, connected."""
    from dbt_common.exceptions import DbtBaseException

    runtime: Any = import_module("dbt.config.runtime")
    factory: Any = import_module("dbt.adapters.factory")
    variables = dict(workspace.vars)
    given = Namespace(
        project_dir=str(workspace.project_dir),
        profiles_dir=str(workspace.profiles_dir),
        profile=None,
        target=workspace.target,
        target_path=str(workspace.target_path),
        log_path=str(workspace.log_path),
        vars=variables,
        threads=workspace.threads,
        version_check=False,
        send_anonymous_usage_stats=False,
        which="show",
    )
    try:
        import_module("dbt.flags").set_from_args(given, None)
        profile = runtime.load_profile(given.project_dir, variables, None, workspace.target)
        project = runtime.load_project(given.project_dir, False, profile, variables)
        config = runtime.RuntimeConfig.from_parts(project, profile, given)
        factory.register_adapter(config, import_module("dbt.mp_context").get_mp_context())
        adapter = factory.get_adapter(config)
        with adapter.connection_named("buck"):
            adapter.execute("select 1", fetch=True)
            yield adapter
    except DbtBaseException as exc:
        said = scrub(str(exc), workspace.env).strip().splitlines() or [type(exc).__name__]
        raise TransformError(
            f"the target {workspace.target} can't be asked: {said[-1].strip()}",
            hint="buck dbt debug, or see transform/profiles.yml",
        ) from exc
