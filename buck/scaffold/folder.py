"""The folder of a new project: where its files come from, and how it is left if that fails."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from buck.errors import ConfigError

SETTINGS = ".buck.yml"
_ROOT = re.compile(r"^(lake:\n(?:[ \t]+[^\n]*\n)*?[ \t]+root:)[^\n]*$", re.MULTILINE)


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


def check_empty(folder: Path) -> bool:
    """Whether the folder is there already.

    Raises:
        ConfigError: it holds something.
    """
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


def clear(folder: Path, *, keep: bool) -> None:
    """Empty the folder, and remove it unless it was there before."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not keep and folder.is_dir():
        folder.rmdir()


def with_lake(text: str, lake: str | None) -> str:
    """The template's settings with another `lake.root`, if one is given."""
    if lake is None:
        return text
    if not lake.strip():
        raise ConfigError("the lake has no address", hint="name a folder, or s3://bucket/prefix")
    root = json.dumps(lake, ensure_ascii=False)
    after, count = _ROOT.subn(lambda found: f"{found[1]} {root}", text)
    if count != 1:
        raise ConfigError("the template's .buck.yml has no lake.root", hint="report this")
    return after
