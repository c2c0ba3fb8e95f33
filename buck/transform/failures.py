"""What went wrong in a build, in Buck's words, with the rows that broke a test."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from buck.errors import LakeLocked, ModelFailed, TransformError
from buck.names import identifier
from buck.records.build import BuildResult, NodeResult
from buck.records.rows import SAMPLE_ROWS, FailingRows, mask_text
from buck.transform.session import scrub
from buck.transform.workspace import DbtWorkspace

_TABLES = {"table", "incremental", "seed", "snapshot"}


class Connection(Protocol):
    """As much of a DuckDB connection as reading rows needs; `buck.engine.connect` gives one."""

    def execute(self, sql: str, /) -> Any:
        """Run one statement and give what `description` and `fetchmany` are read from."""


def raise_for_models(result: BuildResult) -> None:
    """Raise for the first hook or model that failed; tests that failed raise nothing.

    dbt goes on after a hook that failed. What it should have prepared or finished is then missing
    from models that look well, so nothing of such a build may be published.

    Raises:
        TransformError: naming the hook of the run and the database's message.
        ModelFailed: naming the model, the line where that is known, and the database's message.
    """
    if hook := next((n for n in result.nodes if n.kind == "operation"), None):
        file = hook.file.removeprefix("./")
        said = hook.message.rpartition("failed, error:\n")[2].strip()
        raise TransformError(
            f"the hook {hook.name} failed ({file}): {said}",
            hint=f"fix it in {file}; what a target can't run goes into "
            "{% if target.type != '…' %} … {% endif %}",
        )
    errored = result.errored_models
    if not errored:
        return
    first = errored[0]
    where = first.file + (f":{first.line}" if first.line else "")
    more = f", and {len(errored) - 1} more" if len(errored) > 1 else ""
    raise ModelFailed(
        f"model {first.name} failed ({where}){more}: {first.message}",
        hint=f"fix {where}, then: buck dbt build --select {first.name}+",
        file=first.file,
        line=first.line,
    )


def attach_failing_rows(
    result: BuildResult, connection: Connection, *, personal: Collection[str] = ()
) -> BuildResult:
    """The result with at most 20 failing rows at each failed or warned data test, and all counted.

    dbt's `limit` keeps a test from counting further than the rows that are shown.

    Args:
        result: What `build` gave.
        connection: To the database that was built, with the same catalogs attached.
        personal: Columns whose values are masked.
    """
    return replace(
        result,
        nodes=tuple(
            replace(
                node,
                failing_rows=_failing_rows(node, connection, personal),
                failures=_count_failures(node, connection),
            )
            if node.kind == "test" and node.status in {"failed", "warned"} and node.sql
            else node
            for node in result.nodes
        ),
    )


def count_rows(result: BuildResult, connection: Connection) -> BuildResult:
    """The result with the number of rows that each built table has now; views are not counted."""
    return replace(
        result,
        nodes=tuple(
            replace(node, rows=_count(node, connection))
            if node.status == "ok" and node.materialized in _TABLES
            else node
            for node in result.nodes
        ),
    )


def translate_failure(error: BaseException, workspace: DbtWorkspace) -> TransformError | LakeLocked:
    """Why dbt could not even start, as one of Buck's errors; raise it."""
    text = mask_text(scrub(str(error), workspace.env)).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    what = " ".join(lines[:4]) or type(error).__name__
    if "Could not set lock" in text or "Conflicting lock" in text:
        held = re.search(r"PID (\d+)", text)
        who = f"process {held.group(1)}" if held else "another process"
        locked = LakeLocked(
            f"the build database is being written by {who}",
            hint="wait for it, or see `buck pipeline status`",
        )
        locked.__cause__ = error
        return locked
    if (broken := _find_broken_yaml(workspace)) is not None:
        what, text = f"{broken.name} is not YAML: {what}", broken.name
    failure = TransformError(f"dbt: {what}", hint=_hint(text))
    failure.__cause__ = error
    return failure


def _find_broken_yaml(workspace: DbtWorkspace) -> Path | None:
    """The project or profile file that can't be read; dbt's message leaves its name out."""
    import yaml

    for path in (
        workspace.project_dir / "dbt_project.yml",
        workspace.profiles_dir / "profiles.yml",
    ):
        try:
            yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError:
            continue
        except yaml.YAMLError:
            return path
    return None


def _hint(text: str) -> str:
    if found := re.search(r"[Ee]nv var required but not provided: '(\w+)'", text):
        return f"set {found.group(1)} in the environment or in .env"
    if found := re.search(r"([\w./-]+\.(?:sql|yml|yaml|csv))\b", text):
        return f"fix {found.group(1)}, then: buck dbt parse"
    if "profile" in text.lower():
        return "see transform/profiles.yml, then: buck dbt parse"
    return "buck dbt parse"


def _failing_rows(
    node: NodeResult, connection: Connection, personal: Collection[str]
) -> FailingRows:
    answer = connection.execute(f"select * from (\n{node.sql}\n) as failing limit {SAMPLE_ROWS}")
    columns = [column[0] for column in answer.description]
    if node.column.lower() in {name.lower() for name in personal}:
        # dbt's generic tests give the tested column a name of their own.
        personal = {*personal, "unique_field", "value_field", "from_field"}
    return FailingRows.of(columns, answer.fetchmany(SAMPLE_ROWS), personal=personal)


def _count_failures(node: NodeResult, connection: Connection) -> int | None:
    """All failing rows of a test that dbt may have stopped counting."""
    if node.failures is None or node.failures < SAMPLE_ROWS:
        return node.failures
    row = connection.execute(f"select count(*) from (\n{node.sql}\n) as failing").fetchone()
    return max(int(row[0]), node.failures)


def _count(node: NodeResult, connection: Connection) -> int:
    table = identifier(node.schema, node.table)
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0])
