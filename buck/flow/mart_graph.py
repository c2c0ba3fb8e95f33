"""What reads what, as the dbt project declares it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import TopologicalSorter

from buck.errors import ConfigError
from buck.names import TableRef
from buck.project import Project
from buck.records.build import ModelFacts

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class MartGraph:
    """The models of the project as last parsed."""

    def __init__(self, project: Project) -> None:
        from buck.transform import models

        self._facts = {f.unique_id: f for f in models(project.work / "dbt" / "target")}
        self._by_ref = {TableRef(f.schema, f.name): f for f in self._facts.values()}
        self._order = list(
            TopologicalSorter({uid: f.depends_on for uid, f in self._facts.items()}).static_order()
        )

    def grain(self, mart: TableRef) -> tuple[str, ...]:
        """The columns that name one row of a mart, as its `meta: { grain: … }` says.

        Raises:
            ConfigError: it is no mart, or says none.
        """
        fact = self._by_ref.get(mart)
        if fact is None or fact.layer != "marts":
            raise ConfigError(
                f"rows of {mart} cannot be held, it is no mart",
                hint="put on_fail: quarantine on a check of the mart that people read",
            )
        if not fact.grain:
            raise ConfigError(
                f"rows of {mart} cannot be held, it does not say what names a row",
                hint=f"write meta: {{ grain: id }} for {mart.name} in its yml file",
            )
        return fact.grain

    def below(self, mart: TableRef) -> list[TableRef]:
        """Every model that reads it, directly or not."""
        start = self._by_ref[mart].unique_id
        reached = {start}
        for uid in self._order:
            fact = self._facts.get(uid)
            if fact is not None and reached & set(fact.depends_on):
                reached.add(uid)
        return [_ref(self._facts[uid]) for uid in self._order if uid in reached - {start}]

    def in_order(self, marts: Iterable[TableRef]) -> list[TableRef]:
        """The marts, each after those that it reads."""
        place = {uid: number for number, uid in enumerate(self._order)}
        return sorted(marts, key=lambda m: place[self._by_ref[m].unique_id])

    def reads_only(self, sql: str, affected: set[TableRef]) -> bool:
        """Whether a query reads some of these marts and no other model, seed or raw table.

        A query without text is about its own table: it counts as reading only that.
        """
        words = set(_WORD.findall(re.sub(r"'[^']*'|--[^\n]*", "", sql)))
        others = {ref.name for ref in self._by_ref} - {mart.name for mart in affected}
        is_raw = any(word.startswith("raw_") for word in words)
        return not is_raw and not words & others and bool(words & {m.name for m in affected})


def _ref(fact: ModelFacts) -> TableRef:
    return TableRef(fact.schema, fact.name)
