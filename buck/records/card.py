"""A design card: what one name in the project means, in sections that can be shown or kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

CardKind = Literal["model", "raw table", "metric", "pipeline", "error"]


@dataclass(frozen=True, slots=True)
class Tree:
    """A thing and what hangs below it."""

    name: str
    note: str = ""
    below: tuple[Tree, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {"name": self.name, "note": self.note}
        return found | {"below": [tree.to_dict() for tree in self.below]}

    def lines(self) -> list[str]:
        """The tree drawn, one line a thing."""
        return [self._line(), *self._branches()]

    def _line(self) -> str:
        return f"{self.name}  {self.note}".rstrip()

    def _branches(self) -> list[str]:
        drawn: list[str] = []
        for tree in self.below:
            is_last = tree is self.below[-1]
            drawn.append(f"{'└─' if is_last else '├─'} {tree._line()}")
            drawn += [f"{'   ' if is_last else '│  '}{line}" for line in tree._branches()]
        return drawn


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines that belong together and need a fixed-width font."""

    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of a card: a sentence, a list of them, or a drawing."""

    title: str
    content: str | tuple[str, ...] | Tree | Drawing

    @property
    def is_drawn(self) -> bool:
        """Whether the lines need a fixed-width font."""
        return isinstance(self.content, Tree | Drawing)

    @property
    def lines(self) -> list[str]:
        """What is below the heading."""
        if isinstance(self.content, Tree):
            return self.content.lines()
        if isinstance(self.content, Drawing):
            return list(self.content.drawn)
        return [self.content] if isinstance(self.content, str) else list(self.content)


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a reader asks first about a model, a metric, a pipeline or an error.

    Sections come in a fixed order; the ones that would be empty say `none` or are left out.
    """

    kind: CardKind
    name: str
    summary: str
    sections: tuple[Section, ...]

    def section(self, title: str) -> Section | None:
        """The section of that title."""
        return next((s for s in self.sections if s.title == title), None)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: a key per section, lists as lists, drawings as nested objects."""
        found: dict[str, Any] = {"kind": self.kind, "name": self.name, "summary": self.summary}
        for section in self.sections:
            content = section.content
            value: Any = content if isinstance(content, str) else section.lines
            if isinstance(content, Tree):
                value = content.to_dict()
            found[section.title.replace(" ", "_")] = value
        return found
