"""One compiled text as its engine's parser reads it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from buck.portability.compiling import Compiled
from buck.portability.engines import Engine
from buck.portability.spans import Origins

# The parser says on this logger what it skips; a skipped statement is a finding here.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A text, its tokens and its tree; what a portable macro wrote counts as settled."""

    engine: Engine
    part: str
    origins: Origins
    tokens: tuple[Token, ...]
    tree: exp.Expression | None
    """None where the parser gave up: the tokens are there all the same."""
    error: str = ""
    error_place: int = 0
    never_null: frozenset[str] = frozenset()
    """Columns that a test of the project says are never null."""
    own_tokens: tuple[tuple[int, Token], ...] = ()
    """The tokens that a person wrote, each with its number among all tokens."""
    own_calls: tuple[tuple[int, str], ...] = ()
    """Words of theirs that a parenthesis follows: where they stand, and in lower case."""

    @property
    def text(self) -> str:
        """The compiled SQL."""
        return self.origins.text

    def find_own(self, *kinds: type[Any]) -> Iterator[tuple[Any, int]]:
        """Nodes of the tree that a person wrote, each with a place in the text."""
        for node in self.tree.find_all(*kinds) if self.tree is not None else ():
            places = [
                place for part in node.walk() if (place := part.meta.get("start")) is not None
            ]
            own = [place for place in places if not self.origins.is_portable(place)]
            if own:
                yield node, min(own)


def read(
    compiled: Compiled, engine: Engine, *, never_null: frozenset[str] = frozenset()
) -> Statement:
    """The text as the engine's parser reads it, or as far as it came."""
    text = compiled.origins.text
    dialect = sqlglot.Dialect.get_or_raise(engine.dialect)
    tokens: list[Token] = []
    tree: exp.Expression | None = None
    error, place = "", 0
    try:
        tokens = dialect.tokenize(text)
        trees = [tree for tree in dialect.parser().parse(tokens, text) if tree is not None]
    except SqlglotError as exc:
        error, place = _explain(exc, text)
    else:
        if len(trees) != 1 or isinstance(trees[0], exp.Command):
            error = "one statement that the parser knows is needed"
        else:
            tree = trees[0]
    own = tuple(
        (number, token)
        for number, token in enumerate(tokens)
        if not compiled.origins.is_portable(token.start)
    )
    calls = tuple(
        (token.start, token.text.lower())
        for number, token in own
        if tokens[number + 1 : number + 2]
        and tokens[number + 1].token_type == TokenType.L_PAREN
        and token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
    )
    return Statement(
        engine=engine,
        part=compiled.part,
        origins=compiled.origins,
        tokens=tuple(tokens),
        tree=tree,
        error=error,
        error_place=place,
        never_null=never_null,
        own_tokens=own,
        own_calls=calls,
    )


def _explain(error: SqlglotError, text: str) -> tuple[str, int]:
    details = getattr(error, "errors", None) or [{}]
    first = details[0]
    what = str(first.get("description") or str(error).splitlines()[0])
    line, column = first.get("line"), first.get("col")
    if not line:
        return what, 0
    lines = text.splitlines(keepends=True)
    place = sum(len(part) for part in lines[: line - 1]) + (column or 1) - 1
    return what, min(place, max(len(text) - 1, 0))
