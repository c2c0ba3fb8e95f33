"""The project's data tests as plain SQL, with the tables each of them reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buck.names import TableRef
from buck.records.quality import Severity
from buck.transform.build import build
from buck.transform.failures import raise_for_models
from buck.transform.workspace import DbtWorkspace

_READ_THROUGH = {"view", "ephemeral"}


@dataclass(frozen=True, slots=True)
class DataTest:
    """One data test: its query finds the rows that must not exist."""

    name: str
    table: TableRef
    """The table it is about."""
    sql: str
    severity: Severity
    reads: frozenset[TableRef]
    """Every table behind it; views count, and what they read counts too."""


def compile_tests(workspace: DbtWorkspace) -> tuple[DataTest, ...]:
    """Every data test of the project, by name; one call of dbt, nothing is run.

    Raises:
        TransformError: the project can't be read, or a test can't be compiled.
    """
    compiled = build(
        workspace,
        command="compile",
        select=["resource_type:test"],
        exclude=["resource_type:unit_test"],
    )
    raise_for_models(compiled)
    nodes = _nodes(workspace)
    tests = [
        DataTest(
            name=node.name,
            table=TableRef(node.schema, node.table),
            sql=node.sql,
            severity=node.severity,
            reads=frozenset(_behind(nodes.get(node.unique_id, {}), nodes)),
        )
        for node in compiled.tests
        if node.kind == "test" and node.sql
    ]
    return tuple(sorted(tests, key=lambda test: test.name))


def readers_of(workspace: DbtWorkspace, tables: frozenset[TableRef]) -> frozenset[TableRef]:
    """The views that read one of the tables, directly or through other views."""
    nodes = _nodes(workspace)
    found = set()
    for node in nodes.values():
        is_view = node.get("config", {}).get("materialized") in _READ_THROUGH
        if is_view and (ref := _ref(node)) not in tables and tables & _behind(node, nodes):
            found.add(ref)
    return frozenset(found)


def _nodes(workspace: DbtWorkspace) -> dict[str, Any]:
    manifest = json.loads((workspace.target_path / "manifest.json").read_text(encoding="utf-8"))
    return {**manifest["sources"], **manifest["nodes"]}


def _behind(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> set[TableRef]:
    found: set[TableRef] = set()
    waiting = list((node.get("depends_on") or {}).get("nodes") or ())
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        above = nodes.get(name)
        if name in seen or above is None:
            continue
        seen.add(name)
        found.add(_ref(above))
        if above.get("config", {}).get("materialized") in _READ_THROUGH:
            waiting += (above.get("depends_on") or {}).get("nodes") or ()
    return found


def _ref(node: Mapping[str, Any]) -> TableRef:
    return TableRef(str(node["schema"]), str(node.get("identifier") or node.get("alias")))
