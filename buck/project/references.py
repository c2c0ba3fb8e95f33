"""`{{ NAME }}` in `.buck.yml`: values that live in the environment, looked up when used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from buck.errors import ConfigError

REFERENCE = re.compile(
    r"\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*"
    r"(?:\|\s*default\(\s*(?P<quote>['\"])(?P<default>.*?)(?P=quote)\s*\)\s*)?\}\}"
)


def resolve(value: Any, variables: Mapping[str, str], *, path: str) -> Any:
    """The value with every reference replaced, also inside mappings and lists.

    Raises:
        ConfigError: a variable without a default is not set, named with the key that wants it.
    """
    if isinstance(value, Mapping):
        return {k: resolve(v, variables, path=f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [resolve(v, variables, path=path) for v in value]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        found = variables.get(name, default)
        if found is None:
            # The sandbox offers credentials of sources, nothing else.
            offered = path.startswith("sources.")
            elsewhere = "; `buck sandbox up` gives a simulated company's" if offered else ""
            raise ConfigError(
                f"{path} needs the variable {name}, which is not set",
                hint=f"export {name}=…, or write it into .env{elsewhere}",
            )
        return found

    rest = REFERENCE.sub("", value)
    if "{{" in rest or "}}" in rest:
        raise ConfigError(
            f"{path} holds a reference that cannot be read",
            hint="write {{ NAME }} or {{ NAME | default('value') }}",
        )
    return REFERENCE.sub(look_up, value)


def referenced_names(value: Any) -> set[str]:
    """Names of all variables a value refers to."""
    if isinstance(value, Mapping):
        return {name for v in value.values() for name in referenced_names(v)}
    if isinstance(value, list):
        return {name for v in value for name in referenced_names(v)}
    return {m["name"] for m in REFERENCE.finditer(value)} if isinstance(value, str) else set()
