"""Whether everything has landed once that models are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from buck.errors import ConfigError, LakeError
from buck.flow.landing import choose_sources
from buck.lake import RawPin
from buck.project import Project

if TYPE_CHECKING:
    from buck.transform import DbtWorkspace


def require_landed(
    project: Project, pins: Sequence[RawPin], space: DbtWorkspace, *, pipeline: str
) -> None:
    """Let a first build pass if every source that models read has landed.

    A pipeline of one source can go alone later; the first time, its models would read raw tables
    that nobody has made.

    Raises:
        LakeError: a source has no raw table yet.
        ConfigError: a source is not in the project's file, and nothing else lands it.
    """
    from buck.transform import ensure_parsed, read_graph

    ensure_parsed(space)
    landed = {pin.table.source for pin in pins if pin.version >= 0}
    there = {(pin.table.source, pin.table.name) for pin in pins}
    read = {
        (str(node["source_name"]), str(node["name"]))
        for node in read_graph(space.target_path).of_type("source")
        # Others are read by dbt where they lie: files, attached databases.
        if node["schema"] == "raw"
    }
    own = set(choose_sources(project, []))
    absent = {source for source, _ in read - there}
    unknown = sorted(absent - set(project.settings.sources))
    if unknown:
        chosen = " ".join(f"source:{source}+" for source in unknown)
        raise ConfigError(
            f"{', '.join(unknown)}: not among the sources of .buck.yml, but models read it",
            hint=f"add it, or delete what `buck dbt ls --select {chosen}` lists",
        )
    missing = sorted(absent & (own - landed))
    if missing:
        raise LakeError(
            f"{', '.join(missing)} has never landed, and models are made from it",
            hint=f"buck run once, which lands every source; then {pipeline} can go alone",
        )
