"""SOQL text cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from buck.sandbox.salesforce.refusals import malformed


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its text as written (a string without its quotes, escapes kept) and its place."""

    kind: Kind
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords, in any case."""
        return self.kind is Kind.NAME and self.text.upper() in words

    def is_symbol(self, *symbols: str) -> bool:
        """Whether this is one of the symbols."""
        return self.kind is Kind.SYMBOL and self.text in symbols


_PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:?\d{2}))
  | (?P<date>\d{4}-\d{2}-\d{2}(?![\dT]))
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<symbol><=|>=|!=|<>|[=<>(),])
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}


def cut_tokens(text: str) -> list[Token]:
    """The tokens of a query, the last one being END.

    Raises:
        ApiRefusalError: MALFORMED_QUERY at the first character that starts no token.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            raise malformed(f"{_excerpt(text, at)}unexpected token: '{text[at]}'")
        kind = found.lastgroup or ""
        if kind != "space":
            word = found.group()[1:-1] if kind == "string" else found.group()
            tokens.append(Token(Kind(kind), word, at))
        at = found.end()
    tokens.append(Token(Kind.END, "<EOF>", at))
    return tokens


def unexpected(text: str, token: Token) -> Exception:
    """The failure for a token that cannot stand where it stands."""
    return malformed(f"{_excerpt(text, token.at)}unexpected token: '{token.text}'")


def unescape(raw: str) -> str:
    r"""The value of a string literal; `\%` and `\_` mean something in LIKE only and are refused."""

    def replace(found: re.Match[str]) -> str:
        letter = found.group(1)
        if letter in ("u", "U") or letter not in _ESCAPES:
            raise malformed(f"Illegal character sequence '\\{letter}' in string literal '{raw}'")
        return _ESCAPES[letter]

    return re.sub(r"\\(.)", replace, raw, flags=re.DOTALL)


def like_pattern(raw: str) -> re.Pattern[str]:
    r"""A LIKE pattern: `%` any run, `_` one character, `\%` and `\_` themselves; any case."""
    parts: list[str] = []
    position = 0
    while position < len(raw):
        letter = raw[position]
        if letter == "\\":
            pair = raw[position : position + 2]
            parts.append(re.escape(pair[1] if pair[1] in "%_" else unescape(pair)))
            position += 2
            continue
        parts.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
        position += 1
    return re.compile("".join(parts), re.DOTALL | re.IGNORECASE)


def _excerpt(text: str, at: int) -> str:
    row = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"\n{text[max(0, at - 20) : at + 20]}\nERROR at Row:{row}:Column:{column}\n"
