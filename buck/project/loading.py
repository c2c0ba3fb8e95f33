"""Reading `.buck.yml`: find it, merge the environment's part, refuse what is not known."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from buck.errors import ConfigError
from buck.project.document import read_document
from buck.project.sections import is_secret
from buck.project.settings import Settings

FILE = ".buck.yml"
DEFAULT_ENVIRONMENT = "dev"
OVERRIDE_PREFIX = "BUCK__"


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds `.buck.yml`.

    Raises:
        ConfigError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise ConfigError(
        f"there is no {FILE} in {start} or above it",
        hint="make one with `buck init NAME`; or go to your project's folder, or name it with "
        "--project",
    )


def read_settings(
    file: Path, environment: str | None, overrides: Mapping[str, str]
) -> tuple[Settings, dict[str, str]]:
    """The typed settings, and for each key that is not a default where its value came from.

    Later wins: the file, the environment's section, variables `BUCK__SECTION__KEY`.

    Raises:
        ConfigError: not YAML, a key that does not exist, a value of the wrong kind, an environment
            that the file does not define.
    """
    # A heading without anything below it says nothing.
    document = {k: v for k, v in read_document(file).items() if v is not None}
    origins = dict.fromkeys(_leaves(document), file.name)
    chosen = environment or DEFAULT_ENVIRONMENT
    known = document.get("environments") or {}
    if not isinstance(known, dict) or not all(isinstance(v or {}, dict) for v in known.values()):
        raise ConfigError(
            f"{file.name}: environments is not a mapping of environments to sections",
            hint="write environments:, below it prod:, below that the sections that differ",
        )
    if environment and environment != DEFAULT_ENVIRONMENT and environment not in known:
        near = difflib.get_close_matches(environment, known, n=1)
        raise ConfigError(
            f"{file.name} defines no environment {environment!r}",
            hint=f"did you mean {near[0]}?" if near else f"add environments.{environment}",
        )
    overlay = known.get(chosen) or {}
    merged = merge(document, overlay)
    origins |= dict.fromkeys(_leaves(overlay), f"{file.name} environments.{chosen}")
    for name, text in sorted(overrides.items()):
        path = name.removeprefix(OVERRIDE_PREFIX).lower().split("__")
        merged = merge(merged, nest(path, parse_override(path, text, name=name)))
        origins[".".join(path)] = f"variable {name}"
    settings = _validate(merged, file.name)
    for name, sections in known.items():
        if name != chosen:
            # A slip in prod's part is found today, not on the day of its first run.
            _validate(merge(document, sections or {}), f"{file.name} (environment {name})")
    return settings, origins


def parse_override(path: list[str], text: str, *, name: str) -> Any:
    """A variable's value: text where the key takes text (a password may look like YAML)."""
    if _takes_text(path):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        # Without the cause: its message shows the value.
        pass
    raise ConfigError(
        f"the variable {name} holds no readable value for {'.'.join(path)}",
        hint="quote texts, and write lists as [a, b]",
    )


def _takes_text(path: list[str]) -> bool:
    if is_secret(path):
        return True
    field = _fields_at(path[:-1]).get(path[-1])
    return field is not None and field.annotation in (str, str | None)


def _validate(document: Mapping[str, Any], file: str) -> Settings:
    try:
        return Settings.model_validate(document)
    except ValidationError as exc:
        found = describe_problems(exc)
        hints = [hint for _, _, hint in found if hint]
        raise ConfigError(
            f"{file}: " + "; ".join(what for _, what, _ in found),
            hint="; ".join(hints) or f"edit {file}",
        ) from exc


def describe_problems(exc: ValidationError) -> list[tuple[str, str, str]]:
    """Everything that is wrong: the key's path, what it is, and a hint or nothing."""
    found = []
    for error in exc.errors():
        path = [str(part) for part in error["loc"]]
        where = ".".join(path)
        if error["type"] == "extra_forbidden":
            near = difflib.get_close_matches(path[-1], _keys_at(path[:-1]), n=1)
            hint = f"did you mean {near[0]}?" if near else f"remove {where}"
            found.append((where, f"{where} is not a key", hint))
        else:
            got = error.get("input")
            is_shown = isinstance(got, str | int | float | bool) and not is_secret(path)
            received = f", got {got!r}" if is_shown else ""
            # pydantic puts the words in front that Python has for what a check of ours raises.
            said = error["msg"].removeprefix("Value error, ")
            found.append((where, f"{where}: {said[:1].lower()}{said[1:]}{received}", ""))
    return found


def _keys_at(path: list[str]) -> list[str]:
    """The keys that the section at `path` knows."""
    return list(_fields_at(path))


def _fields_at(path: list[str]) -> dict[str, Any]:
    """The fields that the section at `path` knows, as the file names them."""
    model: type[BaseModel] = Settings
    steps = iter(path)
    for step in steps:
        field = model.model_fields.get(step)
        nested = _model_of(field.annotation) if field else None
        if field is None or nested is None:
            return {}
        if "dict[" in str(field.annotation):
            next(steps, None)
        model = nested
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_of(part)
        if found is not None:
            return found
    return None


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One document over another, key by key."""
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(under, value)
        else:
            merged[key] = value
    return merged


def nest(path: list[str], value: Any) -> dict[str, Any]:
    """A document that says one thing."""
    return {path[0]: nest(path[1:], value) if len(path) > 1 else value}


def _leaves(document: Any, prefix: str = "") -> list[str]:
    if not isinstance(document, Mapping) or not document:
        return [prefix]
    return [
        leaf
        for key, value in document.items()
        for leaf in _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    ]
