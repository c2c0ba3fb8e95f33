"""Sources that were left out of a project, brought in with all that the template has for them.

What they bring is the difference between two new projects, one with the sources that there are and
one with those that are wanted. It is carried over into the user's files; what the user has changed
meanwhile stays, unless both changed the same lines.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from buck.errors import BuckError, ConfigError
from buck.project import Project, open_project
from buck.scaffold.folder import SETTINGS
from buck.scaffold.merging import merge
from buck.scaffold.new_project import template_sources, write_project

_TOLD = 5


@dataclass(frozen=True, slots=True)
class Added:
    """What was brought in."""

    sources: tuple[str, ...]
    written: tuple[str, ...]
    """Files that are new."""
    changed: tuple[str, ...]
    """Files that were there and have more or other lines now."""
    removed: tuple[str, ...]
    """Files that stood in for what is there now."""
    left_out: Mapping[str, tuple[str, ...]]
    """Marts that the project still does not have, to the sources they would need."""


def add_sources(
    project: Project, wanted: Sequence[str], *, overwrite: Collection[str] = ()
) -> Added:
    """Bring sources of the template back into a project, with their models, checks and pipelines.

    All or nothing: if a file cannot be brought together with what the user made of it, or the
    project cannot be opened afterwards, no file is changed.

    Args:
        project: The project.
        wanted: The sources, by name or by kind.
        overwrite: Files, below the project's folder, that may become the template's.

    Raises:
        ConfigError: there is no such source, it is there already, the project does not lie as the
            template does, or files that are not named in `overwrite` were changed.
    """
    known = template_sources()
    names = tuple(dict.fromkeys(known.get(word, word) for word in wanted))
    present = [name for name in project.settings.sources if name in known.values()]
    _refuse(project, names, present, known=set(known.values()))
    with tempfile.TemporaryDirectory(prefix="buck-init-") as work:
        before, after = Path(work) / "before", Path(work) / "after"
        write_project(before, sources=present)
        made = write_project(after, sources=[*present, *names])
        changes = _plan(project.root, _read(before), _read(after), overwrite=set(overwrite))
    kept = {name: _bytes(project.root / name) for name in changes}
    try:
        _apply(project.root, changes)
        open_project(project.root, environment=project.environment)
    except (OSError, BuckError):
        _apply(project.root, kept)
        raise
    return Added(
        names,
        tuple(n for n, text in changes.items() if text is not None and kept[n] is None),
        tuple(n for n, text in changes.items() if text is not None and kept[n] is not None),
        tuple(n for n, text in changes.items() if text is None),
        made.left_out,
    )


def _refuse(
    project: Project, names: Sequence[str], present: Sequence[str], *, known: Collection[str]
) -> None:
    for name in names:
        if name in project.settings.sources:
            raise ConfigError(f"sources.{name} is there already", hint="buck run reads it")
        if name not in known:
            raise ConfigError(
                f"there is no source {name!r} to add",
                hint=f"--add takes {', '.join(sorted(known))}; buck pipeline new adds any other",
            )
    if not present:
        raise ConfigError(
            "none of this project's sources is one of the template's",
            hint="buck pipeline new NAME --from KIND adds a source to any project",
        )


def _plan(
    root: Path,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    *,
    overwrite: Collection[str],
) -> dict[str, bytes | None]:
    """What becomes of each file that is to change; None removes it."""
    changes: dict[str, bytes | None] = {}
    clashes = []
    for name in sorted({*before, *after}):
        old, new, own = before.get(name), after.get(name), _bytes(root / name)
        if new in (old, own):
            continue
        if name in overwrite or own == old:
            changes[name] = new
        elif (merged := merge(old, own, new)) is None:
            clashes.append(name)
        elif merged != own:
            changes[name] = merged
    if clashes:
        told = ", ".join(clashes[:_TOLD]) + (" …" if clashes[_TOLD:] else "")
        named = " ".join(f"--overwrite {name}" for name in clashes)
        raise ConfigError(
            f"{told}: changed by you where the new sources change something, too",
            hint=f"keep a copy and let them go by {named}",
        )
    # The settings come last, as in a new project: what they name is there.
    return dict(sorted(changes.items(), key=lambda change: change[0] == SETTINGS))


def _apply(root: Path, changes: Mapping[str, bytes | None]) -> None:
    for name, content in changes.items():
        file = root / name
        if content is None:
            file.unlink(missing_ok=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        spare = file.with_name(f"{file.name}.new")
        spare.write_bytes(content)
        spare.replace(file)


def _read(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
