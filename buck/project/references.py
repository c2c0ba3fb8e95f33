"""`{{ NAME }}` in `.buck.yml`: values that live in the environment, looked up when used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from buck.errors import ConfigError

REFERENCE = re.compile(
    r"\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*"
    r"(?:\|\s*default\(\s*(?P<quote>['\"])(?P<default>.*?)(?P=quote)\s*\)\s*)?\}\}"
)


SANDBOXED = ("STRIPE_", "SALESFORCE_", "APP_DATABASE_")
"""How the variables begin that the sandbox gives values to."""


def resolve(value: Any, variables: Mapping[str, str], *, path: str) -> Any:
    """The value with every reference replaced, also inside mappings and lists.

    Raises:
        ConfigError: variables without a default are not set; all of them are named, the first with
            the key that wants it.
    """
    if unset := [(where, name) for where, name in _needs(value, path) if name not in variables]:
        where, name = unset[0]
        names = list(dict.fromkeys(name for _, name in unset))
        more = f", nor {', '.join(names[1:])}" if names[1:] else ""
        offered = all(name.startswith(SANDBOXED) for name in names)
        elsewhere = "; `buck sandbox up` gives a simulated company's" if offered else ""
        raise ConfigError(
            f"{where} needs the variable {name}, which is not set{more}",
            hint=f"export {' '.join(f'{name}=…' for name in names)}, or write it into "
            f".env{elsewhere}",
        )
    return _filled(value, variables, path)


def _needs(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The variables that have to be set, each with the key that wants it."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _needs(held, f"{path}.{key}")
    elif isinstance(value, list):
        for held in value:
            yield from _needs(held, path)
    elif isinstance(value, str):
        found = REFERENCE.finditer(value)
        yield from ((path, match["name"]) for match in found if match["default"] is None)


def _filled(value: Any, variables: Mapping[str, str], path: str) -> Any:
    if isinstance(value, Mapping):
        return {k: _filled(v, variables, f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, variables, path) for v in value]
    if not isinstance(value, str):
        return value
    rest = REFERENCE.sub("", value)
    if "{{" in rest or "}}" in rest:
        raise ConfigError(
            f"{path} holds a reference that cannot be read",
            hint="write {{ NAME }} or {{ NAME | default('value') }}",
        )
    return REFERENCE.sub(lambda m: variables.get(m["name"], m["default"]), value)


def referenced_names(value: Any) -> set[str]:
    """Names of all variables a value refers to."""
    if isinstance(value, Mapping):
        return {name for v in value.values() for name in referenced_names(v)}
    if isinstance(value, list):
        return {name for v in value for name in referenced_names(v)}
    return {m["name"] for m in REFERENCE.finditer(value)} if isinstance(value, str) else set()
