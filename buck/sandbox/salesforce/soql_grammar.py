"""SOQL text to a `Query`, with Salesforce's own strictness.

condition := NOT simple | simple (AND simple)* | simple (OR simple)*
simple    := ( condition ) | field comparison

AND and OR cannot be mixed and `AND NOT x` cannot be written without parentheses: Salesforce answers
"unexpected token" to both, and so does this parser. Whatever the sandbox does not speak
(subqueries, aggregates, GROUP BY, date literals such as TODAY, functions) is MALFORMED_QUERY too.
"""

from __future__ import annotations

from buck.sandbox.salesforce.refusals import malformed
from buck.sandbox.salesforce.soql_syntax import (
    Comparison,
    Condition,
    Either,
    Every,
    Membership,
    Not,
    Ordering,
    Query,
    Value,
)
from buck.sandbox.salesforce.soql_tokens import Kind, Token, cut_tokens, unexpected

_COMPARATORS = ("=", "!=", "<>", "<", "<=", ">", ">=")
# fmt: off
_RESERVED = frozenset((
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "ASC", "DESC",
    "NULLS", "FIRST", "LAST", "LIMIT", "OFFSET", "GROUP", "HAVING", "INCLUDES", "EXCLUDES",
    "USING", "FOR", "WITH", "TRUE", "FALSE", "NULL",
))
# fmt: on
_MAX_OFFSET = 2000
_MAX_QUERY_LENGTH = 100_000


def parse_soql(text: str) -> Query:
    """The query that `text` says.

    Raises:
        ApiRefusalError: 400 MALFORMED_QUERY, naming the token and its place.
    """
    if not text.strip():
        raise malformed("no query string was sent")
    if len(text) > _MAX_QUERY_LENGTH:
        raise malformed(f"SOQL statements cannot be longer than {_MAX_QUERY_LENGTH} characters")
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = cut_tokens(text)
        self.at = 0

    # -- reading ---------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def accept(self, *words: str) -> bool:
        if self.next.is_word(*words) or self.next.is_symbol(*words):
            self.take()
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise unexpected(self.text, self.next)

    def path(self) -> str:
        token = self.next
        if token.kind is not Kind.NAME or token.text.upper() in _RESERVED:
            raise unexpected(self.text, token)
        return self.take().text

    def whole_number(self) -> int:
        token = self.next
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            raise unexpected(self.text, token)
        return int(self.take().text)

    # -- grammar ---------------------------------------------------------------------------------

    def query(self) -> Query:
        self.expect("SELECT")
        fields = self.selection()
        self.expect("FROM")
        object_name = self.path()
        where = self.condition() if self.accept("WHERE") else None
        order = self.ordering() if self.accept("ORDER") else ()
        limit = self.whole_number() if self.accept("LIMIT") else None
        offset = self.whole_number() if self.accept("OFFSET") else 0
        if self.next.kind is not Kind.END:
            raise unexpected(self.text, self.next)
        if offset > _MAX_OFFSET:
            raise malformed(f"SOQL offset is {offset}, the maximum is {_MAX_OFFSET}")
        return Query(object_name, fields, where, order, limit, offset)

    def selection(self) -> tuple[str, ...]:
        if self.next.is_word("COUNT") and self.tokens[self.at + 1].is_symbol("("):
            self.take()
            self.expect("(", ")")
            return ()
        fields = [self.path()]
        while self.accept(","):
            fields.append(self.path())
        seen: set[str] = set()
        for field in fields:
            if field.lower() in seen:
                raise malformed(f"duplicate field selected: {field}")
            seen.add(field.lower())
        return tuple(fields)

    def condition(self) -> Condition:
        if self.accept("NOT"):
            return Not(self.simple())
        operands = [self.simple()]
        for joiner, join in (("AND", Every), ("OR", Either)):
            if self.next.is_word(joiner):
                while self.accept(joiner):
                    operands.append(self.simple())
                return join(tuple(operands))
        return operands[0]

    def simple(self) -> Condition:
        if self.accept("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        path = self.path()
        if self.accept("IN"):
            return Membership(path, self.values(), negated=False)
        if self.next.is_word("NOT") and self.tokens[self.at + 1].is_word("IN"):
            self.expect("NOT", "IN")
            return Membership(path, self.values(), negated=True)
        if self.next.is_word("LIKE"):
            self.take()
            if self.next.kind is not Kind.STRING:
                raise unexpected(self.text, self.next)
            return Comparison(path, "LIKE", self.value())
        if not self.next.is_symbol(*_COMPARATORS):
            raise unexpected(self.text, self.next)
        op = self.take().text
        return Comparison(path, "!=" if op == "<>" else op, self.value())

    def values(self) -> tuple[Value, ...]:
        self.expect("(")
        values = [self.value()]
        while self.accept(","):
            values.append(self.value())
        self.expect(")")
        return tuple(values)

    def value(self) -> Value:
        token = self.take()
        match token.kind:
            case Kind.STRING:
                return Value("string", token.text)
            case Kind.NUMBER:
                return Value("number", token.text)
            case Kind.DATE:
                return Value("date", token.text)
            case Kind.DATETIME:
                return Value("datetime", token.text)
            case Kind.NAME if token.is_word("TRUE", "FALSE"):
                return Value("boolean", token.text.lower())
            case Kind.NAME if token.is_word("NULL"):
                return Value("null", "null")
            case _:
                raise unexpected(self.text, token)

    def ordering(self) -> tuple[Ordering, ...]:
        self.expect("BY")
        terms = [self.order_term()]
        while self.accept(","):
            terms.append(self.order_term())
        return tuple(terms)

    def order_term(self) -> Ordering:
        path = self.path()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        nulls_last = False
        if self.accept("NULLS"):
            nulls_last = self.next.is_word("LAST")
            if not self.accept("FIRST", "LAST"):
                raise unexpected(self.text, self.next)
        return Ordering(path, descending=descending, nulls_last=nulls_last)
