"""The dbt project as its manifest describes it: models, their places and their hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from buck.errors import TransformError
from buck.records.build import ModelFacts
from buck.transform.results import place_in

_BUILT = ("model", "seed", "snapshot")
_NOT_CODE = {"meta", "tags", "docs", "group", "description", "access"}


def models(target_path: Path) -> tuple[ModelFacts, ...]:
    """Every model, seed and snapshot of the project as last parsed, ordered by schema and name.

    Raises:
        TransformError: dbt has not parsed the project yet.
    """
    manifest = read_manifest(target_path)
    macros = manifest["macros"]
    facts = [
        _facts(node, macros)
        for node in manifest["nodes"].values()
        if node["resource_type"] in _BUILT
    ]
    return tuple(sorted(facts, key=lambda fact: (fact.schema, fact.name)))


def exposures(target_path: Path) -> dict[str, tuple[str, ...]]:
    """Everything outside that reads models, such as a dashboard: name to unique ids it reads.

    Raises:
        TransformError: see `models`.
    """
    declared = read_manifest(target_path).get("exposures") or {}
    return {
        str(e["label"] or e["name"]): tuple(e["depends_on"]["nodes"]) for e in declared.values()
    }


def personal_names(target_path: Path) -> set[str]:
    """Names of columns that any model's yml file marks with `meta: { personal: true }`.

    Raises:
        TransformError: see `models`.
    """
    found = set()
    for node in read_manifest(target_path)["nodes"].values():
        for name, column in (node.get("columns") or {}).items():
            meta = (column.get("config") or {}).get("meta") or column.get("meta") or {}
            if meta.get("personal"):
                found.add(str(name))
    return found


def float_digits(target_path: Path) -> dict[str, dict[str, int]]:
    """Columns marked with `meta: { precision: 6 }`: table (`schema.name`) to column to digits.

    Raises:
        TransformError: see `models`.
    """
    found: dict[str, dict[str, int]] = {}
    for node in read_manifest(target_path)["nodes"].values():
        for name, column in (node.get("columns") or {}).items():
            meta = (column.get("config") or {}).get("meta") or column.get("meta") or {}
            if isinstance(meta.get("precision"), int):
                table = f"{node['schema']}.{node['name']}"
                found.setdefault(table, {})[str(name)] = meta["precision"]
    return found


def model_hashes(target_path: Path) -> dict[str, str]:
    """A hash per model name that changes when its code, configuration or macros change."""
    return {fact.name: fact.hash for fact in models(target_path)}


def steady_nodes(target_path: Path, *, runtime_vars: Collection[str]) -> list[str]:
    """Names of what building again would only make again: seeds, and views no run changes.

    A view's code, and the code of every macro it calls, mentions none of the variables that differ
    from run to run.
    """
    manifest = read_manifest(target_path)
    macros = manifest["macros"]
    found = []
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            found.append(str(node["name"]))
        if node["resource_type"] != "model" or node["config"].get("materialized") != "view":
            continue
        called = _all_macros((node.get("depends_on") or {}).get("macros") or [], macros)
        code = [node["raw_code"], *(macros[m]["macro_sql"] for m in called if _is_own(macros[m]))]
        if not any(variable in text for variable in runtime_vars for text in code):
            found.append(str(node["name"]))
    return sorted(found)


def _facts(node: dict[str, Any], macros: dict[str, Any]) -> ModelFacts:
    config = node["config"]
    meta = config.get("meta") or {}
    layer, domain = place_in(node["original_file_path"], meta)
    materialized = str(config.get("materialized") or "")
    return ModelFacts(
        unique_id=node["unique_id"],
        name=node["name"],
        schema=node["schema"],
        layer=layer,
        domain=domain,
        materialized=materialized,
        file=node["original_file_path"],
        hash=_hash(node, macros),
        owner=str(meta.get("owner") or ""),
        description=str(node.get("description") or ""),
        columns=tuple(node.get("columns") or ()),
        depends_on=tuple((node.get("depends_on") or {}).get("nodes") or ()),
        meta=dict(meta),
    )


def _hash(node: dict[str, Any], macros: dict[str, Any]) -> str:
    config = {k: v for k, v in node["config"].items() if k not in _NOT_CODE}
    called = _all_macros((node.get("depends_on") or {}).get("macros") or [], macros)
    content = [
        node["checksum"]["checksum"],
        config,
        # dbt's own macros change with its version, which a run records anyway.
        [macros[name]["macro_sql"] for name in sorted(called) if _is_own(macros[name])],
    ]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_own(macro: dict[str, Any]) -> bool:
    return macro["package_name"] not in {"dbt", "dbt_duckdb"}


def _all_macros(names: list[str], macros: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = [name for name in names if name in macros]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [n for n in macros[name]["depends_on"]["macros"] if n in macros]
    return found


def read_manifest(target_path: Path) -> dict[str, Any]:
    """The `manifest.json` of dbt, as it stands.

    Raises:
        TransformError: dbt has not parsed the project yet, or the file is damaged.
    """
    path = target_path / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise TransformError(
            f"the dbt project has not been parsed yet: no {path.name}", hint="buck dbt parse"
        ) from exc
    except ValueError as exc:
        raise TransformError(f"{path.name} is damaged", hint="buck dbt parse") from exc
    return manifest
