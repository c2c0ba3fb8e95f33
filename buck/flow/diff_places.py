"""Places that hold marts, and what a person calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.git import resolve_ref
from buck.parity import Relation
from buck.project import Project

if TYPE_CHECKING:
    from datetime import datetime

    from buck.engine.types import Connection
    from buck.records.build import ModelFacts
    from buck.records.snapshot import Snapshot

Kind = Literal["published", "snapshot", "candidates", "target", "git"]
Relations = Mapping[str, Relation]
"""`schema.table` to how it is read."""


@dataclass(frozen=True, slots=True)
class Place:
    """One side of a comparison, before anything of it is read."""

    kind: Kind
    name: str
    """The snapshot's number, the target, or the git ref; empty for the others."""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a state of the marts was built from."""

    as_of: datetime
    versions: Mapping[str, int]
    """Raw table to version."""
    snapshot: Snapshot | None = None
    """The snapshot, if it is one: it may have left out rows."""


def _nothing() -> None:
    """What there is to close of most places."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One side, ready to be read through any connection."""

    words: str
    """What it is called where people read it."""
    relations: Callable[[Connection], Relations]
    pinned: Pinned | None = None
    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    """`schema.table` to what the code of this side says about it, where that is another code."""
    close: Callable[[], None] = _nothing


def name_place(project: Project, text: str) -> Place:
    """The place that a person names; words of Buck's own go before targets, these before git refs.

    Raises:
        ConfigError: there is no such place.
    """
    from buck.transform import target_names

    name = text.strip()
    if name.startswith("git:"):
        return _git(project, name.removeprefix("git:"), text)
    if name in ("published", "candidates"):
        return Place("published" if name == "published" else "candidates", "")
    if name.isdigit() and len(name) <= 6:
        return Place("snapshot", str(int(name)))
    targets = target_names(workspace(project, project.as_of())) - {"duckdb"}
    if name in targets:
        return Place("target", name)
    return _git(project, name, text)


def _git(project: Project, name: str, text: str) -> Place:
    commit = resolve_ref(project.root, name) if name else ""
    if not commit:
        raise ConfigError(
            f"{text!r} is no snapshot, no target of profiles.yml and no git ref",
            hint="published, candidates, 000012 (buck snapshots), postgres, git:main",
        )
    return Place("git", name, commit)
