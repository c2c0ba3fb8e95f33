"""dbt's own result objects, read into Buck's facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

from buck.records.build import NodeKind, NodeResult, NodeStatus, Progress
from buck.records.quality import Dimension, HoldRule
from buck.records.rows import mask_text
from buck.transform.session import Message, scrub

_KINDS: Final[dict[str, NodeKind]] = {
    "model": "model",
    "test": "test",
    "unit_test": "unit_test",
    "seed": "seed",
    "snapshot": "snapshot",
    "operation": "operation",
}
_STATUSES: Final[dict[str, NodeStatus]] = {
    "success": "ok",
    "no-op": "ok",
    "pass": "passed",
    "warn": "warned",
    "fail": "failed",
    "error": "errored",
    "runtime error": "errored",
    "partial success": "errored",
    "skipped": "skipped",
}
_DIMENSIONS: Final[dict[str, Dimension]] = {
    "unique": "uniqueness",
    "not_null": "completeness",
    "accepted_values": "validity",
    "relationships": "consistency",
}
_HEADLINE = re.compile(r"^(Runtime|Compilation|Database|Parsing) Error in .*\n", re.MULTILINE)


def read_nodes(
    results: Iterable[Any], nodes: Mapping[str, Any], *, env: Mapping[str, str]
) -> tuple[NodeResult, ...]:
    """One fact per executed node, in the order they finished; hooks only if they failed.

    Args:
        results: dbt's run results.
        nodes: The manifest's nodes by unique id, to say which table a test is about.
        env: Whose secret values are scrubbed from messages.
    """
    read = (_read_node(result, nodes, env) for result in results)
    return tuple(node for node in read if node.kind != "operation" or node.status != "ok")


def _read_node(result: Any, nodes: Mapping[str, Any], env: Mapping[str, str]) -> NodeResult:
    node = result.node
    kind = node_kind(node.unique_id)
    about = _subject(node, nodes) if kind in {"test", "unit_test"} else node
    layer, domain = place(about)
    status = _STATUSES.get(str(result.status), "errored")
    raw = str(result.message or "")
    sql = str(getattr(node, "compiled_code", "") or "")
    is_error = status == "errored"
    started_at, finished_at = _times(result)
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=kind,
        status=status,
        table=str(getattr(about, "alias", None) or about.name),
        schema=str(about.schema),
        layer=layer,
        domain=domain,
        materialized=str(getattr(node.config, "materialized", "") or ""),
        file=str(node.original_file_path),
        seconds=round(float(result.execution_time), 3),
        started_at=started_at,
        finished_at=finished_at,
        message=mask_text(scrub(_plain_message(raw) if is_error else raw, env)),
        line=_error_line(raw, str(getattr(node, "raw_code", ""))) if is_error else None,
        failures=result.failures if kind in {"test", "unit_test"} else None,
        sql=sql,
        column=str(getattr(node, "column_name", "") or ""),
        dimension=_dimension(node, kind),
        severity="warn" if str(getattr(node.config, "severity", "")).lower() == "warn" else "fail",
        owner=owner(node) or owner(about),
        description=str(getattr(node, "description", "") or ""),
        holds=HoldRule.read(getattr(node.config, "meta", None) or {}, check=node.name)
        if kind == "test"
        else HoldRule(),
    )


def _times(result: Any) -> tuple[datetime | None, datetime | None]:
    """When a node began, with its compilation, and when it ended; dbt's times are UTC without saying so."""
    told = [t for t in result.timing or () if t.started_at and t.completed_at]
    if not told:
        return None, None
    started, ended = min(t.started_at for t in told), max(t.completed_at for t in told)
    return _utc(started), _utc(ended)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def node_kind(unique_id: str) -> NodeKind:
    """What kind of node a unique id such as `model.shop.fct_payments` names."""
    return _KINDS.get(unique_id.partition(".")[0], "other")


def place(node: Any) -> tuple[str, str]:
    """Layer and domain of a node: the folders below `models/`, unless its `meta.layer` says else."""
    meta = getattr(getattr(node, "config", None), "meta", None) or {}
    return place_in(str(node.original_file_path), meta)


def place_in(file: str, meta: Mapping[str, Any]) -> tuple[str, str]:
    """See `place`."""
    parts = file.replace("\\", "/").split("/")[1:-1]
    layer = str(meta.get("layer") or (parts[0] if parts else ""))
    return layer, parts[1] if parts[:1] == ["marts"] and len(parts) > 1 else ""


def owner(node: Any) -> str:
    """`meta.owner` of a node's configuration, or an empty text."""
    meta = getattr(getattr(node, "config", None), "meta", None) or {}
    return str(meta.get("owner") or "")


def _subject(test: Any, nodes: Mapping[str, Any]) -> Any:
    """The model a test is about; of a singular test its `meta.table`, or else its last model."""
    for name in ("attached_node", "tested_node_unique_id"):
        about = nodes.get(str(getattr(test, name, None)))
        if about is not None:
            return about
    read = [nodes[uid] for uid in test.depends_on.nodes if uid in nodes]
    meta = getattr(test.config, "meta", None) or {}
    named = [node for node in read if node.name == meta.get("table")]
    marts = [node for node in read if place(node)[0] == "marts"]
    return (named or marts or read or [test])[0]


def _dimension(node: Any, kind: NodeKind) -> Dimension:
    meta = getattr(node.config, "meta", None) or {}
    declared = meta.get("dimension")
    if declared in get_args(Dimension):
        return cast("Dimension", declared)
    if kind == "test" and (test := getattr(node, "test_metadata", None)) is not None:
        return _DIMENSIONS.get(test.name, "validity")
    return "accuracy"


def _plain_message(raw: str) -> str:
    """The database's words without dbt's headline and its advice about compiled files."""
    text = _HEADLINE.sub("", raw.strip())
    kept = [line.rstrip() for line in text.splitlines()]
    kept = [line.removeprefix("  ") for line in kept if "compiled code at" not in line]
    return "\n".join(line for line in kept if line.strip()).strip()


def _error_line(raw: str, code: str) -> int | None:
    """The line of the model's file that DuckDB quotes, if it stands there exactly once."""
    quoted = re.search(r"LINE \d+: (.*)", raw)
    snippet = quoted.group(1).strip().strip(".").strip() if quoted else ""
    found = [n for n, line in enumerate(code.splitlines(), 1) if snippet and snippet in line]
    return found[0] if len(found) == 1 else None


def read_progress(message: Message) -> Progress | None:
    """The start or end of a node, if the event tells of one."""
    name = message.info.name
    if name == "LogStartLine":
        return _progress(message, "started", message.data.total)
    if name in {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogNodeResult"}:
        return _progress(message, "finished", message.data.total)
    if name == "LogTestResult":
        return _progress(message, "finished", message.data.num_models)
    return None


def _progress(message: Message, kind: Any, total: int) -> Progress:
    data = message.data
    finished = kind == "finished"
    status = str(data.node_info.node_status).lower()
    if message.info.name == "LogTestResult":
        status = str(data.status).lower()
    return Progress(
        kind=kind,
        unique_id=data.node_info.unique_id,
        name=data.node_info.node_name,
        node_kind=node_kind(data.node_info.unique_id),
        index=data.index,
        total=total,
        status=_STATUSES.get(status, "errored") if finished else None,
        seconds=round(float(data.execution_time), 3) if finished else 0.0,
    )
