"""Any two states of the marts side by side: snapshots, candidates, targets, git refs."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from buck.engine import connect, translate_errors
from buck.errors import ConfigError
from buck.flow.building import workspace
from buck.flow.diff_places import Opened, Place, Relations, name_place
from buck.flow.diff_sides import mart_models, open_place
from buck.flow.lock import hold_lock
from buck.flow.personal import personal_columns
from buck.names import TableRef
from buck.project import Project
from buck.records.comparison import Comparison

if TYPE_CHECKING:
    from buck.engine.types import Connection

MEMORY: Final = "640MB"
"""What the comparison may use before it spills, if .buck.yml does not say otherwise."""


def diff(
    project: Project,
    left: str,
    right: str,
    *,
    tables: Collection[str] = (),
    limit: int = 5,
    figures: bool = False,
    wait_s: float = 0.0,
) -> Comparison:
    """Compare the marts of two places, row by row; nothing that readers see is touched.

    A git ref is built in a scratch database from the raw tables and the time of the other side: of
    the published snapshot if that is a git ref or a target.

    Args:
        project: The project.
        left: `published`, a snapshot such as `000012`, `candidates`, a target of profiles.yml, or
            a git ref; `git:NAME` is always a git ref.
        right: The same; rows that only this side has are added.
        tables: Only these marts; all if empty.
        limit: How many rows of each kind are shown per table.
        figures: Add nulls, sums, least and greatest values and distinct keys of both sides.
        wait_s: How long to wait for another run, if something has to be built.

    Raises:
        ConfigError: there is no such place or table.
        LakeError: nothing is published yet, there are no candidates, or a run writes them.
        SourceUnreachable, AccessDenied, WarehouseError: the target does not answer.
        TransformError: a model of the git ref could not be built.
    """
    chosen = {str(TableRef.parse(name)) for name in tables}
    places = [name_place(project, text) for text in (left, right)]
    folder = project.work / "diff" / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if any(place.kind == "git" for place in places):
            stack.enter_context(hold_lock(project.work, f"buck diff {left} {right}", wait_s=wait_s))
        _ensure_parsed(project)
        sides = _open_both(project, places, folder, stack)
        memory = project.settings.performance.memory_limit or MEMORY
        con = connect(work=project.work, memory_limit=memory)
        stack.callback(con.close)
        with translate_errors():
            con.execute("set preserve_insertion_order = false")
            # Both passes over a server see one state of it.
            con.execute("begin transaction")
            held = [side.relations(con) for side in sides]
        _refuse_unknown(held, chosen)
        return _compare(project, con, sides, held, tables=chosen, limit=limit, figures=figures)


def as_page(comparison: Comparison, format_: Literal["markdown", "html"]) -> str:
    """The comparison for a pull request (`markdown`), or as one self-contained page."""
    from buck.parity.page import to_html, to_markdown
    from buck.quality.page import page_style

    if format_ == "markdown":
        return to_markdown(comparison)
    return to_html(comparison, style=page_style())


def _ensure_parsed(project: Project) -> None:
    """Which tables are marts, what names their rows and what is personal is in the manifest."""
    from buck.transform import ensure_parsed

    if not (project.work / "dbt" / "target" / "manifest.json").is_file():
        ensure_parsed(workspace(project, project.as_of()))


def _open_both(
    project: Project, places: Sequence[Place], folder: Path, stack: ExitStack
) -> list[Opened]:
    """What is only looked at comes first: a git ref is built from what the other side was."""
    opened: dict[int, Opened] = {}
    for number in sorted(range(2), key=lambda number: places[number].kind == "git"):
        own = folder / ("left", "right")[number]
        pinned = next((side.pinned for side in opened.values() if side.pinned), None)
        opened[number] = open_place(project, places[number], own, pinned=pinned)
        stack.callback(opened[number].close)
    return [opened[0], opened[1]]


def _refuse_unknown(held: Sequence[Relations], tables: Collection[str]) -> None:
    unknown = sorted(name for name in tables if not any(name in side for side in held))
    if unknown:
        raise ConfigError(
            f"neither side has a mart {unknown[0]!r}",
            hint=f"there are {', '.join(sorted({name for side in held for name in side}))}",
        )


def _compare(
    project: Project,
    con: Connection,
    sides: Sequence[Opened],
    held: Sequence[Relations],
    *,
    tables: Collection[str],
    limit: int,
    figures: bool,
) -> Comparison:
    from buck.parity import compare_sets
    from buck.transform import float_digits

    own = project.work / "dbt" / "target"
    known = {**sides[0].models, **sides[1].models, **mart_models(own)}
    return compare_sets(
        con,
        *held,
        tables=tables,
        names=(sides[0].words, sides[1].words),
        keys={name: fact.grain for name, fact in known.items()},
        precision=float_digits(own),
        personal=personal_columns(project),
        limit=limit,
        figures=figures,
    )
