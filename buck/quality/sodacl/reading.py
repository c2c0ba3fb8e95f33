"""SodaCL files, read into rules: which table, which question, when the answer is bad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from buck.errors import ConfigError
from buck.names import TableRef

_FOR_TABLE: Final = re.compile(r"checks for (\S+)")


@dataclass(frozen=True, slots=True)
class SodaRule:
    """One entry of a SodaCL file."""

    table: TableRef
    line: str
    """The rule as written: `missing_count(email) = 0`, `failed rows`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def name(self) -> str:
        """What the check is called; without a name, its own text."""
        return " ".join(str(self.settings.get("name") or self.line).split())

    @property
    def severity(self) -> str:
        """`warn` if it must not close the gate, else `fail`."""
        declared = self.settings.get("attributes") or {}
        return "warn" if declared.get("severity") == "warn" else "fail"


def read_rules(path: Path) -> tuple[SodaRule, ...]:
    """The rules of `<schema>/<table>.yml`, in their order.

    Raises:
        ConfigError: the file is not YAML, or holds what is not a check.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as exc:
        raise ConfigError(f"{path.name} is not YAML: {exc}", hint=f"fix {path}") from exc
    if not isinstance(content, dict):
        raise ConfigError(f"{path.name} holds no checks", hint="write `checks for TABLE:`")
    return tuple(rule for key, held in content.items() for rule in _read_group(path, key, held))


def _read_group(path: Path, key: str, held: Any) -> Iterator[SodaRule]:
    named = _FOR_TABLE.fullmatch(key)
    if named is None and key != "checks":
        raise ConfigError(
            f"{path.name}: {key!r} cannot be written as SQL", hint="write `checks for TABLE:`"
        )
    table = _table(named[1] if named else path.stem, path.parent.name)
    for entry in held or ():
        if isinstance(entry, str):
            yield SodaRule(table, " ".join(entry.split()), {}, str(path))
            continue
        if not isinstance(entry, dict) or len(entry) != 1:
            raise ConfigError(f"{path.name}: {entry!r} is not a check", hint=f"fix {path}")
        ((line, settings),) = entry.items()
        yield SodaRule(table, " ".join(str(line).split()), settings or {}, str(path))


def _table(name: str, schema: str) -> TableRef:
    return TableRef.parse(name) if "." in name else TableRef(schema, name)
