"""A new project: the repository's own pipelines, models and settings, in a folder of their own."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buck.errors import BuckError, ConfigError
from buck.project import Project, open_project
from buck.scaffold.folder import SETTINGS, check_empty, clear, find_template, with_lake

if TYPE_CHECKING:
    from buck.scaffold.subset import Subset

FOLDERS = ("pipelines", "transform")
FILES = (".gitignore", "lake/README.md")
# What tools leave in a checkout; a wheel never holds it.
LEFT_BY_TOOLS = (
    *("__pycache__", "target", "logs", "dbt_packages", ".user.yml"),
    *(".dlt", "secrets.toml", ".env"),
)
_BUCK = ".venv/bin/buck"
_PIPELINE = "_pipeline.py"
_KIND = re.compile(r"^from buck\.sources import (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was written."""

    folder: Path
    lake: str
    sources: tuple[str, ...]
    files: int
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Marts that it does not have, to the sources they would need."""
    stand_ins: tuple[str, ...] = ()
    """Models that are there without a row, as others can do without them."""


def write_project(
    folder: Path, *, lake: str | None = None, sources: Sequence[str] = ()
) -> NewProject:
    """Make a project in a folder that holds nothing yet.

    `.buck.yml` comes last, so a folder that has one is whole. If the project cannot be opened
    afterwards, the folder is left as it was found.

    Args:
        folder: Made if it is not there.
        lake: `lake.root` of the new project: `s3://bucket/prefix`, or a folder.
        sources: Those it shall have, by name or by kind (`postgres`); all if empty. Models, tests,
            checks and pipelines that cannot do without the others are left out.

    Raises:
        ConfigError: the folder holds something, the lake cannot be one, or there is no such source.
    """
    template = find_template()
    absent = _absent(template, sources)
    was_there = check_empty(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FOLDERS:
            left = shutil.ignore_patterns(*LEFT_BY_TOOLS)
            shutil.copytree(template / name, folder / name, ignore=left)
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(template / name, folder / name)
        recipes = (template / "justfile").read_text(encoding="utf-8")
        (folder / "justfile").write_text(_user_recipes(recipes), encoding="utf-8")
        settings = (template / SETTINGS).read_text(encoding="utf-8")
        (folder / SETTINGS).write_text(with_lake(settings, lake), encoding="utf-8")
        subset = _with_subset(open_project(folder), absent) if absent else None
        project = open_project(folder)
        root = project.lake_root
    except (OSError, BuckError):
        clear(folder, keep=was_there)
        raise
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    return NewProject(
        folder,
        root,
        tuple(project.settings.sources),
        files,
        subset.marts() if subset else {},
        tuple(sorted(part.name for part in subset.stand_ins)) if subset else (),
    )


def template_sources() -> dict[str, str]:
    """The sources that a new project can have, by kind and by name."""
    known = _known(find_template())
    kinds = {kind: name for name, file in known.items() for kind in _KIND.findall(file.read_text())}
    return kinds | {name: name for name in known}


def _absent(template: Path, chosen: Sequence[str]) -> tuple[str, ...]:
    """The template's sources that are not among the chosen ones."""
    known, kinds = _known(template), template_sources()
    wanted = {kinds.get(word, word) for word in chosen} or set(known)
    for word in wanted - set(known):
        raise ConfigError(
            f"there is no source {word!r} to begin with",
            hint=f"--sources takes {', '.join(known)}; buck pipeline new adds any other",
        )
    return tuple(name for name in known if name not in wanted)


def _known(template: Path) -> dict[str, Path]:
    files = sorted((template / "pipelines").glob(f"*{_PIPELINE}"))
    return {file.name.removesuffix(_PIPELINE): file for file in files}


def _with_subset(project: Project, absent: Sequence[str]) -> Subset:
    from buck.scaffold.subset import choose, leave_out, read_declared

    with tempfile.TemporaryDirectory(prefix="buck-init-") as work:
        subset = choose(read_declared(project, work=Path(work)), absent=absent)
    leave_out(project.root, subset, absent=absent)
    return subset


def _user_recipes(text: str) -> str:
    """The recipes that run `buck` and nothing else; the others are for work on Buck itself."""
    title = text.splitlines()[0]
    default, *others = (block.strip("\n") for block in text.split("\n\n")[1:])
    kept = [block for block in others if _BUCK in block]
    return "\n\n".join([title, default, *kept]).replace(_BUCK, "buck") + "\n"
