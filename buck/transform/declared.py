"""Everything a dbt project declares, by name: what is disabled or never built included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from buck.transform.manifest import read_manifest

_READABLE = ("model", "seed", "snapshot")
_PARTS = ("nodes", "sources", "exposures", "metrics", "semantic_models")


@dataclass(frozen=True, slots=True)
class Declared:
    """One model, seed, snapshot, test, analysis, raw table, exposure, metric or semantic model."""

    unique_id: str
    kind: str
    name: str
    """A raw table goes by its identifier."""
    file: str
    reads: tuple[str, ...]
    """Unique ids of what it names, in no order."""
    source: str = ""
    """The source that a raw table is of."""
    meta: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Columns to the types that its yml file gives them."""


def declared(target_path: Path) -> tuple[Declared, ...]:
    """The project as last parsed.

    Raises:
        TransformError: dbt has not parsed the project yet.
    """
    manifest = read_manifest(target_path)
    nodes = list(_nodes(manifest))
    by_name = {n["name"]: n["unique_id"] for n in nodes if n["resource_type"] in _READABLE}
    tables = {(n["source_name"], n["name"]): n["unique_id"] for n in manifest["sources"].values()}
    return tuple(_declared(node, by_name, tables) for node in nodes)


def _nodes(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in _PARTS:
        yield from (manifest.get(part) or {}).values()
    yield from chain.from_iterable((manifest.get("disabled") or {}).values())


def _declared(
    node: dict[str, Any], by_name: dict[str, str], tables: dict[tuple[str, str], str]
) -> Declared:
    # dbt resolves no name in what is disabled, so the names themselves are what is read here.
    reads = set((node.get("depends_on") or {}).get("nodes") or ())
    reads |= {by_name[r["name"]] for r in node.get("refs") or () if r["name"] in by_name}
    named = [tuple(s) for s in node.get("sources") or ()]
    reads |= {tables[s] for s in named if s in tables}
    config = node.get("config") or {}
    columns = node.get("columns") or {}
    return Declared(
        unique_id=node["unique_id"],
        kind=node["resource_type"],
        name=str(node.get("identifier") or node["name"]),
        file=node["original_file_path"].replace("\\", "/"),
        reads=tuple(sorted(reads)),
        source=str(node.get("source_name") or ""),
        meta={**(node.get("meta") or {}), **(config.get("meta") or {})},
        types={c: v["data_type"] for c, v in columns.items() if v.get("data_type")},
    )
