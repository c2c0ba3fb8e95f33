"""Everything that is wrong in `.buck.yml` at once, each with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from buck.errors import ConfigError
from buck.project.cron import next_run_at
from buck.project.document import read_lines
from buck.project.loading import (
    DEFAULT_ENVIRONMENT,
    FILE,
    OVERRIDE_PREFIX,
    describe_problems,
    find_root,
    merge,
    nest,
    parse_override,
)
from buck.project.project import open_project
from buck.project.settings import Settings
from buck.project.variables import read_variables
from buck.records.config import Fault


def find_faults(start: Path, *, environment: str | None = None) -> list[Fault]:
    """What is wrong in the file of the project at or above a folder, in order of lines.

    All environments are looked at, with variables `BUCK__…` in the chosen one.

    Raises:
        ConfigError: there is no project.
    """
    root = find_root(start.resolve())
    variables = read_variables(root, None)
    chosen = environment or variables.get("BUCK_ENV") or DEFAULT_ENVIRONMENT
    try:
        text = (root / FILE).read_text(encoding="utf-8")
        lines, twice = read_lines(text)
        document = yaml.safe_load(text) or {}
    except (OSError, UnicodeDecodeError) as exc:
        return [Fault(f"{FILE} cannot be read: {exc}", "save it as UTF-8")]
    except yaml.YAMLError as exc:
        return [_unreadable(exc)]
    if not isinstance(document, dict):
        return [Fault(f"{FILE} is not a mapping of sections", "start with version: 1", line=1)]
    found = [
        Fault(f"{key} is written twice", "keep one of the two", key, line) for key, line in twice
    ]
    found += _validate(document, lines, variables, chosen)
    if not found:
        found += _cross_check(root, environment, lines)
    # A fault of the file's own part shows in every environment.
    once = {(fault.key, fault.line, fault.what): fault for fault in found}
    return sorted(once.values(), key=lambda fault: (fault.line or 10**9, fault.key))


def _validate(
    document: dict[str, Any], lines: Mapping[str, int], variables: Mapping[str, str], chosen: str
) -> Iterator[Fault]:
    whole = {key: value for key, value in document.items() if value is not None}
    known = whole.get("environments") or {}
    if not isinstance(known, dict) or not all(isinstance(v or {}, dict) for v in known.values()):
        what = "environments is not a mapping of environments to sections"
        hint = "write environments:, below it prod:, below that the sections that differ"
        yield Fault(what, hint, "environments", lines.get("environments"))
        known = {}
        whole.pop("environments", None)
    if chosen not in known and chosen != DEFAULT_ENVIRONMENT:
        near = difflib.get_close_matches(chosen, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"add environments.{chosen}"
        line = lines.get("environments")
        yield Fault(f"there is no environment {chosen!r}", hint, "environments", line)
    for name in {**known, chosen: None}:
        merged = merge(whole, known.get(name) or {})
        given: dict[str, str] = {}
        for variable in sorted(variables) if name == chosen else ():
            if not variable.startswith(OVERRIDE_PREFIX):
                continue
            path = variable.removeprefix(OVERRIDE_PREFIX).lower().split("__")
            try:
                value = parse_override(path, variables[variable], name=variable)
            except ConfigError as exc:
                yield Fault(exc.what, exc.hint, ".".join(path))
                continue
            merged = merge(merged, nest(path, value))
            given[".".join(path)] = variable
        for problem in _problems(merged):
            yield _placed(problem, environment=name, lines=lines, given=given)


def _problems(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    try:
        Settings.model_validate(document)
    except ValidationError as exc:
        return describe_problems(exc)
    return []


def _placed(
    problem: tuple[str, str, str],
    *,
    environment: str,
    lines: Mapping[str, int],
    given: Mapping[str, str],
) -> Fault:
    """A problem where it was written: by a variable, in the environment's part, or in the file."""
    path, what, hint = problem
    for key, variable in given.items():
        if path == key or path.startswith(f"{key}."):
            return Fault(f"{what} (by {variable})", hint or f"set {variable} anew", path)
    own = f"environments.{environment}.{path}"
    where = own if own in lines else path
    line = _line_of(where, lines)
    return Fault(what, hint or f"edit {FILE}", where, line)


def _line_of(path: str, lines: Mapping[str, int]) -> int | None:
    """The line of a key, or of the nearest one above it: a missing key has none."""
    while path:
        if path in lines:
            return lines[path]
        path = path.rpartition(".")[0]
    return None


def _cross_check(root: Path, environment: str | None, lines: Mapping[str, int]) -> Iterator[Fault]:
    """What only the whole file tells: names that mean nothing, times that never come."""
    project = open_project(root, environment=environment)
    for name, pipeline in project.settings.pipelines.items():
        key = f"pipelines.{name}"
        try:
            project.pipeline(name)
        except ConfigError as exc:
            yield Fault(exc.what, exc.hint, key, _line_of(f"{key}.depends_on", lines))
        for index, source in enumerate(pipeline.sources):
            if source not in project.settings.sources:
                near = difflib.get_close_matches(source, project.settings.sources, n=1)
                where = f"{key}.sources.{index}"
                hint = f"did you mean {near[0]}?" if near else f"add sources.{source}"
                yield Fault(
                    f"{where}: there is no source {source!r}", hint, where, lines.get(where)
                )
    for name, schedule in project.settings.orchestration.schedules.items():
        key = f"orchestration.schedules.{name}"
        try:
            next_run_at(schedule.cron, after=datetime.now(UTC), timezone=schedule.timezone)
        except ConfigError as exc:
            is_zone = "time zone" in exc.what
            where = f"{key}.{'timezone' if is_zone else 'cron'}"
            yield Fault(exc.what, exc.hint, where, _line_of(where, lines))


def _unreadable(exc: yaml.YAMLError) -> Fault:
    """Without the text at that place: somebody may have a secret there."""
    if isinstance(exc, yaml.MarkedYAMLError):
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        return Fault(f"{FILE} is not readable YAML: {exc.problem}", "edit it", line=line)
    return Fault(f"{FILE} is not readable YAML: {str(exc).splitlines()[0]}", "edit it")
