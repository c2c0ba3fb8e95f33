"""One thing that engines read differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from buck.portability.statement import Statement


@dataclass(frozen=True, slots=True)
class Hazard:
    """A construct, how to find it, what each engine makes of it, and what to write instead."""

    name: str
    differs: Mapping[str, str]
    """By engine; an engine that is not in it reads the construct as DuckDB does."""
    use: str
    find: Callable[[Statement], Iterator[int]]
    """Places in a statement's text at which a person wrote it."""


def differs(**engines: str) -> dict[str, str]:
    """Sentences by engine; `others` stands for every engine that is not named, DuckDB apart."""
    others = engines.pop("others", "")
    if others:
        named = ("postgres", "snowflake", "bigquery", "redshift", "databricks")
        engines = {**dict.fromkeys(named, others), **engines}
    return {engine: text for engine, text in engines.items() if text}


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
