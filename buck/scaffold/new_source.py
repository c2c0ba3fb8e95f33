"""A new source: its file in `pipelines/` and its section in `.buck.yml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from buck.errors import ConfigError
from buck.project import Project, open_project
from buck.scaffold.templates import TEMPLATES, Kind

KINDS = tuple(TEMPLATES)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SOURCES = re.compile(r"^sources:[ \t]*(\{\})?[ \t]*(#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NewSource:
    """What was written, and the variables that are still to be set."""

    name: str
    kind: Kind
    file: Path
    variables: tuple[str, ...]


def write_source(project: Project, name: str, kind: Kind) -> NewSource:
    """Write `pipelines/<name>_pipeline.py` and add `sources.<name>` to `.buck.yml`.

    Comments and order of `.buck.yml` stay. Nothing is overwritten, and if the configuration could
    not be read afterwards, neither file is changed.

    Raises:
        ConfigError: the name is taken or cannot be a name, or `.buck.yml` has no place for it.
    """
    file = project.pipelines_dir / f"{name}_pipeline.py"
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a source", hint="lower case letters, digits and _: crm_eu"
        )
    if name in project.settings.sources:
        raise ConfigError(f"sources.{name} is there already", hint="choose another name")
    if file.exists():
        raise ConfigError(f"{file} is there already", hint="choose another name")
    template = TEMPLATES[kind]
    settings = project.root / ".buck.yml"
    before = settings.read_text(encoding="utf-8")
    after = _with_section(before, template.section(name, indent="  "))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(template.file(name), encoding="utf-8")
    _replace(settings, after)
    try:
        if name not in open_project(project.root, environment=project.environment).settings.sources:
            raise ConfigError(f"sources.{name} does not show in .buck.yml", hint="add it by hand")
    except ConfigError:
        _replace(settings, before)
        file.unlink()
        raise
    return NewSource(name, kind, file, tuple(template.variables(name)))


def _with_section(text: str, section: str) -> str:
    """The configuration with the section as the last of `sources`."""
    found = _SOURCES.search(text)
    if found is None:
        if re.search(r"^sources:", text, re.MULTILINE):
            raise ConfigError(
                "sources: is written on one line in .buck.yml", hint="write one source a line"
            )
        return f"{text.rstrip()}\n\nsources:\n{section}"
    head, body = text[: found.start()] + "sources:\n", text[found.end() :].lstrip("\n")
    # The section ends where the next key stands at the beginning of a line.
    end = re.search(r"^[^\s#]", body, re.MULTILINE)
    inside, rest = (body[: end.start()], body[end.start() :]) if end else (body, "")
    above = inside.rstrip()
    below = inside[len(above) :].lstrip("\n")
    gap = "\n\n" if above else ""
    return f"{head}{above}{gap}{section}{chr(10) if rest else ''}{below}{rest}"


def _replace(file: Path, text: str) -> None:
    spare = file.with_name(f"{file.name}.new")
    spare.write_text(text, encoding="utf-8")
    spare.replace(file)
