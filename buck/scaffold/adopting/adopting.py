"""`buck init --dbt`: the gate, publishing, diff and promotion around an existing dbt project."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buck.errors import BuckError, ConfigError
from buck.project import Project, open_project
from buck.scaffold.adopting.trying import Trial, try_models
from buck.scaffold.adopting.wrapping import LINKS, Theirs, outer_settings, read_theirs, wrap
from buck.scaffold.folder import SETTINGS, check_empty, clear, find_template, with_lake
from buck.scaffold.subset.cutting import cut
from buck.transform import parent_ids

_HEAD = """\
# What Buck builds: {name}, as it lies in {folder}, and its packages.
# Links in {links}/ lead there; no file of it is changed, and the next run builds what it gains.
"""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was written, and what became of the models."""

    folder: Path
    lake: str
    name: str
    """The dbt project's."""
    built: tuple[str, ...]
    """Models, seeds and snapshots that can be."""
    marts: tuple[str, ...]
    """What is published."""
    refused: Mapping[str, str]
    """Models that DuckDB cannot run, to what it says."""
    below: Mapping[str, str]
    """Models that read one of those, to its name."""
    waiting: Mapping[str, str]
    """Models that read a raw table which nothing has landed yet, to its name."""


def adopt_project(dbt: Path, folder: Path, *, lake: str | None = None) -> Adopted:
    """Make a project in an empty folder that builds the dbt project in another.

    Its models are tried on an empty DuckDB first. Those that cannot run there are left out, with
    what reads them, by a line in the new project's `dbt_project.yml` that says why.

    Raises:
        ConfigError: there is no dbt project, its packages are not installed, or the folder holds
            something.
        TransformError: dbt cannot parse it.
    """
    theirs = read_theirs(dbt)
    if folder.resolve().is_relative_to(theirs.folder):
        raise ConfigError(
            f"{folder} is inside the dbt project", hint="give the new project a folder beside it"
        )
    template = find_template()
    was_there = check_empty(folder)
    try:
        transform = folder / "transform"
        wrap(theirs, transform)
        shutil.copyfile(template / "transform" / "profiles.yml", transform / "profiles.yml")
        shutil.copyfile(template / ".gitignore", folder / ".gitignore")
        (folder / "pipelines").mkdir()
        settings = (template / SETTINGS).read_text(encoding="utf-8")
        (folder / SETTINGS).write_text(with_lake(_without_sources(settings), lake), "utf-8")
        project = open_project(folder)
        return _fit(project, theirs)
    except (OSError, BuckError):
        clear(folder, keep=was_there)
        raise


def _fit(project: Project, theirs: Theirs) -> Adopted:
    """Leave out what cannot be built, and say what is published."""
    file = project.transform_dir / "dbt_project.yml"
    _write(file, theirs, outer_settings(theirs), {})
    with tempfile.TemporaryDirectory(prefix="buck-init-") as work:
        trial = try_models(project, work=Path(work))
    models = [n for n in trial.left if n["resource_type"] == "model"]
    marts = [n for n in models if n["original_file_path"].startswith("models/marts/")]
    by_place = bool(marts)
    if not marts:
        # Without such a folder, what nobody in the project reads is what it is for.
        read = {i for n in trial.left for i in parent_ids(n)}
        own = (n for n in models if n["package_name"] == theirs.name)
        marts = [n for n in own if n["unique_id"] not in read]
    settings = outer_settings(theirs, disabled=trial.lost(), marts=() if by_place else marts)
    _write(file, theirs, settings, _reasons(trial))
    return Adopted(
        folder=project.root,
        lake=project.lake_root,
        name=theirs.name,
        built=tuple(str(n["name"]) for n in trial.left),
        marts=tuple(sorted(n["name"] for n in marts)),
        refused=_by_name(trial.refused),
        below=_by_name(trial.below),
        waiting=_by_name(trial.waiting),
    )


def _by_name(found: Mapping[str, str]) -> dict[str, str]:
    return {i.rpartition(".")[2]: said for i, said in sorted(found.items())}


def _reasons(trial: Trial) -> dict[str, str]:
    """Why a model is left out, by its name."""
    return {
        **{name: f"DuckDB: {said}" for name, said in _by_name(trial.refused).items()},
        **{name: f"reads {read}" for name, read in _by_name(trial.below).items()},
        **{
            name: f"reads {table}: take this out when buck has landed it"
            for name, table in _by_name(trial.waiting).items()
        },
    }


def _write(
    file: Path, theirs: Theirs, settings: Mapping[str, Any], reasons: Mapping[str, str]
) -> None:
    import yaml

    where = os.path.relpath(theirs.folder, file.parent.resolve())
    text = yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, width=100)
    lines = []
    for line in text.splitlines():
        name = line.strip().removesuffix(":")
        if line.startswith("  ") and line.endswith(":") and name in reasons:
            lines.append(f"{line[: len(line) - len(line.lstrip())]}# {reasons[name]}")
        lines.append(line)
    head = _HEAD.format(name=theirs.name, folder=where, links=LINKS)
    file.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def _without_sources(settings: str) -> str:
    """The template's settings, without anything that is said of its own sources and marts."""

    def is_gone(path: tuple[str, ...], _: str) -> bool:
        match path:
            case ("sources" | "pipelines", _) | ("orchestration", "schedules", _):
                return True
            case ("data_quality", "freshness", "sources" | "marts", _):
                return True
        return False

    return cut(settings, is_gone)
