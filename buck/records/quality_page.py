"""Everything a quality report shows, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from buck.records.check_card import CheckCard
from buck.records.freshness import FreshnessReport
from buck.records.quality import CheckResult, QualityReport


@dataclass(frozen=True, slots=True)
class Past:
    """What one run said of one check; `failures` is None where rows were not counted."""

    run_id: str
    outcome: str
    failures: int | None


@dataclass(frozen=True, slots=True)
class QualityPage:
    """One run's verdicts, the cards of what is wrong, and how it was before."""

    project: str
    environment: str
    run_id: str
    pipeline: str
    status: str
    """How the run ended: ok, gate_closed and so on."""
    started_at: datetime
    git: str
    snapshot: str
    """What readers see now; empty before the first publish."""
    snapshot_as_of: datetime | None
    report: QualityReport
    layers: Mapping[str, str]
    """Table (`schema.name`) to layer."""
    descriptions: Mapping[str, str]
    cards: tuple[CheckCard, ...]
    """Of failed and warned checks, blocking ones first."""
    history: Mapping[str, tuple[Past, ...]]
    """Per check id, oldest run first, this run last."""
    rows: Mapping[str, tuple[int, ...]]
    """Per table the rows of each publish, oldest first."""
    freshness: FreshnessReport

    @property
    def tables(self) -> dict[str, list[CheckResult]]:
        """Results by table: what is wrong first, then marts, staging, raw, then by name."""
        found: dict[str, list[CheckResult]] = {}
        for result in self.report.results:
            found.setdefault(f"{result.check.schema}.{result.check.table}", []).append(result)
        order = ("marts", "intermediate", "staging", "raw")

        def place(name: str) -> tuple[int, int, str]:
            layer = self.layers.get(name, "raw")
            rank = order.index(layer) if layer in order else len(order)
            return (worst_rank(found[name]), rank, name)

        return {name: found[name] for name in sorted(found, key=place)}

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "project": self.project,
            "environment": self.environment,
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "status": self.status,
            "started_at": self.started_at.isoformat(),
            "git": self.git,
            "snapshot": self.snapshot or None,
            "snapshot_as_of": self.snapshot_as_of.isoformat() if self.snapshot_as_of else None,
            "report": self.report.to_dict(),
            "cards": [card.to_dict() for card in self.cards],
            "history": {
                check: [
                    {"run_id": p.run_id, "outcome": p.outcome, "failures": p.failures} for p in past
                ]
                for check, past in self.history.items()
            },
            "rows": {table: list(counts) for table, counts in self.rows.items()},
            "freshness": self.freshness.to_dict(),
        }


def worst_rank(results: list[CheckResult]) -> int:
    """0 if anything failed, 1 could not run, 2 warned, 3 nothing is wrong."""
    ranks = {"failed": 0, "errored": 1, "warned": 2, "unjudged": 3, "passed": 3}
    return min(ranks[r.outcome] for r in results)


def worst(results: list[CheckResult]) -> str:
    """The worst outcome among results."""
    return ("failed", "errored", "warned", "passed")[worst_rank(results)]
