"""A project of one model, made without dbt: the shipped portable macros and a text to compile."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from buck.portability import DbtProject

MACROS = Path(__file__).parents[3] / "transform" / "macros"
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?endmacro\s*-?%\}", re.DOTALL)


@cache
def shipped_macros() -> dict[str, Any]:
    found = {}
    for file in sorted(MACROS.rglob("*.sql")):
        for match in _MACRO.finditer(file.read_text()):
            found[f"macro.shop.{match.group(1)}"] = {
                "name": match.group(1),
                "package_name": "shop",
                "macro_sql": match.group(0),
                "original_file_path": f"macros/{file.relative_to(MACROS).as_posix()}",
            }
    return found


def node(name: str, sql: str, **config: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "schema": "shop",
        "fqn": ["shop", "marts", name],
        "tags": [],
        "original_file_path": f"models/{name}.sql",
        "raw_code": sql,
        "config": {"materialized": "table", **config},
        "columns": {},
    }


def plant(**models: str | dict[str, Any]) -> DbtProject:
    """A project whose models are these SQL texts, or nodes."""
    nodes = {
        f"model.shop.{name}": given if isinstance(given, dict) else node(name, given)
        for name, given in models.items()
    }
    source = {"source_name": "shop", "name": "orders", "schema": "raw", "identifier": "raw_orders"}
    manifest = {
        "nodes": nodes,
        "sources": {"source.shop.orders": source},
        "disabled": {},
        "macros": dict(shipped_macros()),
    }
    variables = {"as_of": "2026-02-15T00:00:00Z", "never_null": ["order_id"]}
    return DbtProject("shop", manifest, variables, {})
