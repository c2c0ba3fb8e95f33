"""What dbt did, as facts: one build and its nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from buck.records.quality import Dimension, HoldRule, Severity
from buck.records.rows import FailingRows

NodeKind = Literal["model", "test", "unit_test", "seed", "snapshot", "operation", "other"]
NodeStatus = Literal["ok", "passed", "warned", "failed", "errored", "skipped"]
"""`ok` is what a built model is; `failed` is a test's answer; `errored` means it could not run."""
Parse = Literal["full", "partial", "reused"]


@dataclass(frozen=True, slots=True)
class NodeResult:
    """One dbt node of a build: a model, seed, snapshot or test."""

    unique_id: str
    name: str
    kind: NodeKind
    status: NodeStatus
    table: str = ""
    """The table built, or the table the test is about."""
    schema: str = ""
    layer: str = ""
    """The first folder below `models/`: staging, intermediate, marts."""
    domain: str = ""
    """The folder below `models/marts/`."""
    materialized: str = ""
    file: str = ""
    seconds: float = 0.0
    started_at: datetime | None = None
    """None if dbt did not come to it."""
    finished_at: datetime | None = None
    message: str = ""
    line: int | None = None
    """Where in `file` an error lies, if that is known."""
    rows: int | None = None
    """Rows the table has now; None until `count_rows` has looked."""
    failures: int | None = None
    """Rows that a test found."""
    failing_rows: FailingRows = field(default_factory=FailingRows)
    sql: str = ""
    """The compiled SQL; of a test, the query that finds the failing rows."""
    column: str = ""
    dimension: Dimension = "accuracy"
    severity: Severity = "fail"
    owner: str = ""
    description: str = ""
    holds: HoldRule = field(default_factory=HoldRule)
    """Of a test: whether it holds failing rows back."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One dbt command: its nodes in the order they finished."""

    command: str
    success: bool
    nodes: tuple[NodeResult, ...]
    seconds: float
    parse: Parse = "full"

    @property
    def models(self) -> tuple[NodeResult, ...]:
        """Models, seeds and snapshots."""
        return tuple(n for n in self.nodes if n.kind in {"model", "seed", "snapshot"})

    @property
    def tests(self) -> tuple[NodeResult, ...]:
        """Data tests and unit tests."""
        return tuple(n for n in self.nodes if n.kind in {"test", "unit_test"})

    @property
    def errored_models(self) -> tuple[NodeResult, ...]:
        """Models, seeds and snapshots that could not be built; skipped ones are not among them."""
        return tuple(n for n in self.models if n.status == "errored")

    @property
    def skipped(self) -> tuple[NodeResult, ...]:
        """Nodes that did not run because one above them failed."""
        return tuple(n for n in self.nodes if n.status == "skipped")

    def node(self, name: str) -> NodeResult | None:
        """The node of that name or unique id, or None."""
        return next((n for n in self.nodes if name in {n.name, n.unique_id}), None)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model, seed or snapshot as the dbt project declares it."""

    unique_id: str
    name: str
    schema: str
    layer: str
    domain: str
    materialized: str
    file: str
    hash: str
    """Changes with the model's code, its own configuration or a macro it calls, not with time."""
    owner: str = ""
    description: str = ""
    columns: tuple[str, ...] = ()
    """Columns that its yml file documents, in that order."""
    depends_on: tuple[str, ...] = ()
    """Unique ids of what it reads: models, seeds, snapshots, sources."""
    meta: dict[str, object] = field(default_factory=dict)
    """What its yml file says under `meta`."""

    @property
    def grain(self) -> tuple[str, ...]:
        """The columns that name one row, as its `meta: { grain: … }` says; empty without."""
        told = str(self.meta.get("grain") or "")
        return tuple(column.strip() for column in told.split(",") if column.strip())


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a running build, for whoever shows it."""

    kind: Literal["started", "finished"]
    unique_id: str
    name: str
    node_kind: NodeKind
    index: int
    total: int
    status: NodeStatus | None = None
    """None while it runs."""
    seconds: float = 0.0
