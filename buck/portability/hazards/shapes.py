"""Hazards that only the statement as a whole shows: order of nulls, sums, reserved words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial

import sqlglot
from sqlglot import Token, TokenType, exp

from buck.portability.hazards.hazard import Hazard, differs, words
from buck.portability.statement import Statement

NEVER_NULL = ("_buck_seq", "_buck_observed_at", "_buck_load_id", "_buck_op")
"""What every raw row has."""
_AFTER_ORDER = words(
    "limit offset rows range groups qualify union except intersect fetch window separator"
)


def _orders(statement: Statement, *, descending: bool) -> Iterator[int]:
    """Parts of an `order by` that may be null and don't say where nulls go."""
    tokens = statement.tokens
    for number, token in statement.own_tokens:
        if token.token_type != TokenType.ORDER_BY:
            continue
        for part in _split_order(tokens, number + 1):
            words = [t.text.lower() for t in part]
            if not part or words[-2:-1] == ["nulls"] or words == ["all"]:
                continue
            if statement.origins.is_portable(part[0].start) or _is_never_null(statement, words):
                continue
            if (words[-1] == "desc") == descending:
                yield part[0].start


def _split_order(tokens: Sequence[Token], start: int) -> list[list[Token]]:
    """The parts of an `order by` that begins at a token: up to its bracket or the next clause."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[start:]:
        text = token.text.lower()
        depth += (text in ("(", "case")) - (text in (")", "end"))
        if depth < 0 or (not depth and text in _AFTER_ORDER):
            break
        if text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _is_never_null(statement: Statement, words: list[str]) -> bool:
    """Whether an ordered expression is a column that is never null, or ends in such a default."""
    kept = [word for word in words if word not in ("asc", "desc")]
    if kept[:2] == ["coalesce", "("] and kept[-1] == ")":
        kept = kept[:-1]
        kept = (
            kept[max(i for i, word in enumerate(kept) if word == ",") + 1 :] if "," in kept else []
        )
    if kept[:1] == ["case"]:
        return "else" in kept and all(
            kept[i + 1].isdigit() for i, word in enumerate(kept) if word in ("then", "else")
        )
    if len(kept) == 1 and kept[0].isdigit():
        return True
    is_column = len(kept) == 1 or (len(kept) == 3 and kept[1] == ".")
    return is_column and (kept[-1] in NEVER_NULL or kept[-1] in statement.never_null)


def _sums(statement: Statement) -> Iterator[int]:
    """Sums that reach the model's columns in whatever type the engine gave them."""
    if not isinstance(statement.tree, exp.Query):
        return
    trace = _Trace({cte.alias: cte.this for cte in statement.tree.ctes})
    for node in trace.outputs(statement.tree):
        place = node.meta.get("start")
        if place is not None and not statement.origins.is_portable(place):
            yield place


class _Trace:
    """Follows a query's columns back through its CTEs to the sums they are."""

    def __init__(self, ctes: dict[str, exp.Expression]) -> None:
        self._ctes = ctes
        self._seen: set[tuple[int, str]] = set()

    def outputs(self, query: exp.Expression, name: str = "*") -> Iterator[exp.Sum]:
        """Sums behind all columns of a query, or behind the one of this name."""
        if (id(query), name) in self._seen:
            return
        self._seen.add((id(query), name))
        for select in _selects(query):
            named = [c for c in select.expressions if name in ("*", c.alias_or_name)]
            for column in named or [c for c in select.expressions if c.is_star]:
                yield from self._column(column.unalias(), select, name)

    def _column(self, value: exp.Expression, select: exp.Select, name: str) -> Iterator[exp.Sum]:
        if value.is_star or isinstance(value, exp.Column):
            wanted = name if value.is_star else value.name
            table = value.table if isinstance(value, exp.Column) else ""
            for alias, source in self._inputs(select).items():
                if not table or table == alias:
                    yield from self.outputs(source, wanted)
        elif isinstance(value, exp.Sum):
            yield value
        elif isinstance(value, exp.Window):
            yield from self._column(value.this, select, name)
        elif isinstance(value, exp.Coalesce | exp.Binary | exp.Paren | exp.Neg) and not (
            isinstance(value, exp.Predicate)
        ):
            for part in value.iter_expressions():
                if not isinstance(part, exp.Column):
                    yield from self._column(part, select, name)

    def _inputs(self, select: exp.Select) -> dict[str, exp.Expression]:
        found: dict[str, exp.Expression] = {}
        for clause in [select.args.get("from_"), *(select.args.get("joins") or [])]:
            source = clause.this if clause is not None else None
            if isinstance(source, exp.Table) and source.name in self._ctes:
                found[source.alias_or_name] = self._ctes[source.name]
            elif isinstance(source, exp.Subquery):
                found[source.alias_or_name] = source.this
        return found


def _selects(query: exp.Expression) -> Iterator[exp.Select]:
    """The selects that a query's rows come from."""
    if isinstance(query, exp.SetOperation):
        yield from _selects(query.left)
        yield from _selects(query.right)
    elif isinstance(query, exp.Subquery):
        yield from _selects(query.this)
    elif isinstance(query, exp.Select):
        yield query


def _reserved(statement: Statement) -> Iterator[int]:
    reserved = _reserved_words(statement.engine.name)
    for node, place in statement.find_own(exp.Identifier):
        if not node.args.get("quoted") and node.name.lower() in reserved:
            yield place


@cache
def _reserved_words(engine: str) -> frozenset[str]:
    generator = sqlglot.Dialect.get_or_raise(engine).generator_class
    listed = {word.lower() for word in getattr(generator, "RESERVED_KEYWORDS", ())}
    return frozenset(listed - _ALLOWED.get(engine, set())) | _MORE.get(engine, frozenset())


# The parser's list has it; Redshift takes it as a name, its own catalog tables do too.
_ALLOWED: dict[str, set[str]] = {"redshift": {"type"}}
_MORE = {
    "snowflake": words(
        "connection database gscluster increment issue minus organization regexp rlike sample"
        " schema trigger view"
    ),
    "postgres": words(
        "analyse analyze asc both deferrable desc end grant initially leading limit offset"
        " placing trailing user window"
    ),
    "databricks": words("anti minus semi"),
}
_SAY_NULLS = "nulls first or nulls last, or a not_null test on the column"

SHAPES: tuple[Hazard, ...] = (
    Hazard(
        "null_order",
        differs(
            bigquery="puts nulls first; DuckDB puts them last",
            databricks="puts nulls first; DuckDB puts them last",
        ),
        _SAY_NULLS,
        partial(_orders, descending=False),
    ),
    Hazard(
        "null_order",
        differs(
            postgres="puts nulls first when descending; DuckDB puts them last",
            snowflake="puts nulls first when descending; DuckDB puts them last",
            redshift="puts nulls first when descending; DuckDB puts them last",
        ),
        _SAY_NULLS,
        partial(_orders, descending=True),
    ),
    Hazard(
        "sum_type",
        differs(
            duckdb="gives HUGEINT for whole numbers",
            postgres="gives numeric for bigint",
            snowflake="gives a decimal of 38 digits",
            redshift="gives numeric for bigint",
        ),
        "sum_bigint(value), sum_money(value)",
        _sums,
    ),
    Hazard(
        "reserved_word",
        differs(duckdb="", others="reserves this word"),
        "another name",
        _reserved,
    ),
)
