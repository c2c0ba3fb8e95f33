"""A working day: one session after the other, a new one when the git branch changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from buck.flow.dev.session import DevSession
from buck.flow.dev.watching import Watch
from buck.flow.git import current_branch
from buck.project import Project
from buck.records.dev import Turn


def work_on(project: Project, select: Sequence[str], *, is_once: bool) -> Iterator[Turn]:
    """What differs now, then a turn for every save, until somebody interrupts.

    Checking out another branch goes on with that branch's own database.

    Args:
        project: The project.
        select: A dbt selection, built at the start; see `DevSession`.
        is_once: End after the first turn.

    Raises:
        LakeError, LakeLocked: see `DevSession`.
    """
    while True:
        branch = current_branch(project.root)
        # Looked at before the first build, so that what is saved during it is not missed.
        watch = Watch(project.transform_dir)
        with DevSession(project, branch, select=select) as session:
            yield session.start()
            if is_once:
                return
            yield from session.turns(watch.wait(is_over=partial(_has_left, project, branch)))


def _has_left(project: Project, branch: str) -> bool:
    return current_branch(project.root) != branch
