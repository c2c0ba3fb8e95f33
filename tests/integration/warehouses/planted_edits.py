"""Random edits of the shop's orders in a warehouse, and what `buck diff` must say of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = "customer, amount, pieces, is_paid, ordered_at, ordered_on, note, order_seq"
CHANGES = {
    "amount": "amount + 0.01",
    "pieces": "coalesce(pieces, 0) + 1",
    "is_paid": "not is_paid",
    "note": "'planted'",
}


@dataclass(frozen=True)
class Edits:
    """Statements on one table, and the keys of the rows they leave otherwise."""

    statements: tuple[str, ...]
    added: frozenset[str]
    removed: frozenset[str]
    changed: Mapping[str, frozenset[str]]
    """Key to the columns that differ."""

    def assert_found(self, comparison: Mapping[str, Any], mart: str) -> None:
        """Exactly these rows and columns differ there, and no other mart."""
        table = next(one for one in comparison["tables"] if one["table"] == mart)
        found: dict[str, dict[str, frozenset[str]]] = {"added": {}, "removed": {}, "changed": {}}
        for row in table["samples"]:
            found[row["kind"]][row["key"]["order_id"]] = frozenset(row["left"])
        assert found["added"].keys() == self.added
        assert found["removed"].keys() == self.removed
        assert found["changed"] == dict(self.changed)
        assert comparison["is_equal"] == (not (self.added or self.removed or self.changed))


def plant(table: str, keys: Sequence[str], *, seed: int) -> Edits:
    """Some rows gone, some changed, some new; seed 0 changes nothing."""
    dice = random.Random(seed)
    shuffled = dice.sample(list(keys), len(keys))
    removed = shuffled[: dice.randrange(3)] if seed else []
    changed = shuffled[len(removed) : len(removed) + dice.randrange(1, 4)] if seed else []
    added = [f"new {n}" for n in range(dice.randrange(3))] if seed else []
    statements = [f"delete from {table} where order_id = '{key}'" for key in removed]
    columns = {}
    for key in changed:
        names = dice.sample(list(CHANGES), dice.randrange(1, len(CHANGES)))
        sets = ", ".join(f"{name} = {CHANGES[name]}" for name in names)
        statements.append(f"update {table} set {sets} where order_id = '{key}'")
        columns[key] = frozenset(names)
    for key in added:
        statements.append(
            f"insert into {table} (order_id, {COLUMNS}) select '{key}', {COLUMNS} from {table}"
            f" where order_id = '{shuffled[-1]}'"
        )
    return Edits(tuple(statements), frozenset(added), frozenset(removed), columns)
