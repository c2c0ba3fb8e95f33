"""What lies above and below a table: raw tables, models, and what reads them outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buck.errors import TransformError
from buck.project import Project

if TYPE_CHECKING:
    from buck.lake import RawPin
    from buck.records.build import ModelFacts


@dataclass(frozen=True, slots=True)
class Lineage:
    """The dbt project's graph as last parsed; empty before the first parse."""

    models: tuple[ModelFacts, ...]
    exposures: dict[str, tuple[str, ...]]

    def find(self, schema: str, name: str) -> ModelFacts | None:
        """A model by its place."""
        return next((m for m in self.models if (m.schema, m.name) == (schema, name)), None)

    def above(self, ids: Iterable[str]) -> list[str]:
        """Unique ids of everything these nodes are made from, sources among them."""
        by_id = {m.unique_id: m for m in self.models}
        found: dict[str, None] = {}
        waiting = list(ids)
        while waiting:
            model = by_id.get(waiting.pop(0))
            for parent in model.depends_on if model else ():
                if parent not in found:
                    found[parent] = None
                    waiting.append(parent)
        return list(found)

    def below(self, ids: Iterable[str]) -> list[ModelFacts]:
        """Models made from these nodes, nearest first."""
        reached = set(ids)
        found: list[ModelFacts] = []
        while True:
            new = [
                m for m in self.models if m.unique_id not in reached and reached & set(m.depends_on)
            ]
            if not new:
                return found
            reached |= {m.unique_id for m in new}
            found += new

    def readers(self, ids: Iterable[str]) -> list[str]:
        """Names of exposures that read any of these nodes."""
        wanted = set(ids)
        return sorted(name for name, nodes in self.exposures.items() if wanted & set(nodes))


def read_lineage(project: Project) -> Lineage:
    """The graph of the project's models."""
    from buck.transform import exposures, models

    target = project.work / "dbt" / "target"
    try:
        return Lineage(models(target), exposures(target))
    except TransformError:
        return Lineage((), {})


def node_of(pin: RawPin) -> str:
    """How the unique id of a raw table ends in dbt's graph."""
    return f".{pin.table.source}.{pin.table.name}"


def singular(name: str) -> str:
    """The word for one of a table's records: `charges` are of one `charge`."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name.removesuffix("s")
