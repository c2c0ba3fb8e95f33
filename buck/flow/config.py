"""Configuration for people: what is in force, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from buck.errors import ConfigError
from buck.flow.doctor import explain_settings
from buck.project import FILE, REFERENCE, Project, read_lines, variable_origin
from buck.records.config import Reference, SettingValue

VARIABLE = "variable "


def show_settings(project: Project, prefixes: Sequence[str] = ()) -> list[SettingValue]:
    """Every value in force and where it comes from; of the keys below some sections only.

    Raises:
        ConfigError: there is no such key.
    """
    lines, _ = read_lines((project.root / FILE).read_text(encoding="utf-8"))
    found = [_setting(project, lines, *row) for row in explain_settings(project)]
    for prefix in prefixes:
        if not any(_is_below(one.key, prefix) for one in found):
            raise ConfigError(f"there is no key {prefix!r}", hint="buck config show names them all")
    if not prefixes:
        return found
    return [one for one in found if any(_is_below(one.key, prefix) for prefix in prefixes)]


def _setting(
    project: Project, lines: Mapping[str, int], key: str, value: str, origin: str
) -> SettingValue:
    references = tuple(_reference(project, match) for match in REFERENCE.finditer(value))
    if origin.startswith(VARIABLE):
        return SettingValue(key, value, "variable", origin.removeprefix(VARIABLE), references)
    if origin == "default":
        return SettingValue(key, value, "default", "", references)
    section = origin.removeprefix(FILE).strip()
    line = lines.get(f"{section}.{key}" if section else key)
    where = f"{FILE}:{line}" if line else FILE
    return SettingValue(key, value, "environment" if section else "file", where, references)


def _reference(project: Project, match: re.Match[str]) -> Reference:
    name, default = match["name"], match["default"]
    sandbox = project.sandbox_folder / "environment.json"
    found_in = variable_origin(
        name, root=project.root, sandbox=None if project.environment == "prod" else sandbox
    )
    return Reference(name, found_in or ("its default" if default is not None else ""))


def _is_below(key: str, prefix: str) -> bool:
    return key == prefix or key.startswith(f"{prefix}.")
