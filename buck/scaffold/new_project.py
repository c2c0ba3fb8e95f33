"""A new project: the repository's own pipelines, models and settings, in a folder of their own."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from buck.errors import BuckError, ConfigError
from buck.project import open_project

SETTINGS = ".buck.yml"
FOLDERS = ("pipelines", "transform")
FILES = (".gitignore", "lake/README.md")
# What tools leave in a checkout; a wheel never holds it.
LEFT_BY_TOOLS = (
    *("__pycache__", "target", "logs", "dbt_packages", ".user.yml"),
    *(".dlt", "secrets.toml", ".env"),
)
_ROOT = re.compile(r"^(lake:\n(?:[ \t]+[^\n]*\n)*?[ \t]+root:)[^\n]*$", re.MULTILINE)
_BUCK = ".venv/bin/buck"


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was written."""

    folder: Path
    lake: str
    sources: tuple[str, ...]
    files: int


def write_project(folder: Path, *, lake: str | None = None) -> NewProject:
    """Make a project in a folder that holds nothing yet.

    `.buck.yml` comes last, so a folder that has one is whole. If the project cannot be opened
    afterwards, the folder is left as it was found.

    Args:
        folder: Made if it is not there.
        lake: `lake.root` of the new project: `s3://bucket/prefix`, or a folder.

    Raises:
        ConfigError: the folder holds something, or the lake cannot be one.
    """
    template = find_template()
    was_there = _check_empty(folder)
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
        (folder / SETTINGS).write_text(_with_lake(settings, lake), encoding="utf-8")
        project = open_project(folder)
        root = project.lake_root
    except (OSError, BuckError):
        _clear(folder, keep=was_there)
        raise
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    return NewProject(folder, root, tuple(project.settings.sources), files)


def find_template() -> Path:
    """The files of a new project: in the wheel, or the checkout of an editable install."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "template", package.parent):
        if (folder / SETTINGS).is_file() and (folder / "transform" / "dbt_project.yml").is_file():
            return folder
    raise ConfigError(
        "this installation of Buck lacks the files of a new project",
        hint="install it anew: pip install --force-reinstall buck-lakehouse",
    )


def _check_empty(folder: Path) -> bool:
    """Whether the folder is there already."""
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise ConfigError(f"{folder} is a file", hint="choose another name")
    held = sorted(path.name for path in folder.iterdir())
    if held:
        raise ConfigError(
            f"{folder} is not empty: it holds {', '.join(held[:3])}{'…' if held[3:] else ''}",
            hint="choose another name, or an empty folder",
        )
    return True


def _clear(folder: Path, *, keep: bool) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not keep and folder.is_dir():
        folder.rmdir()


def _with_lake(text: str, lake: str | None) -> str:
    if lake is None:
        return text
    if not lake.strip():
        raise ConfigError("the lake has no address", hint="name a folder, or s3://bucket/prefix")
    root = json.dumps(lake, ensure_ascii=False)
    after, count = _ROOT.subn(lambda found: f"{found[1]} {root}", text)
    if count != 1:
        raise ConfigError("the template's .buck.yml has no lake.root", hint="report this")
    return after


def _user_recipes(text: str) -> str:
    """The recipes that run `buck` and nothing else; the others are for work on Buck itself."""
    title = text.splitlines()[0]
    default, *others = (block.strip("\n") for block in text.split("\n\n")[1:])
    kept = [block for block in others if _BUCK in block]
    return "\n\n".join([title, default, *kept]).replace(_BUCK, "buck") + "\n"
