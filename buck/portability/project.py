"""The dbt project as rendering needs it: the manifest, the variables, the targets' names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from buck.errors import ConfigError, TransformError

_KINDS = ("model", "snapshot", "test")
_BUILT_IN = ("unique", "not_null", "accepted_values", "relationships")


@dataclass(frozen=True, slots=True)
class DbtProject:
    """A parsed project, ready to be rendered for any engine."""

    name: str
    manifest: Mapping[str, Any]
    variables: Mapping[str, Any]
    targets: Mapping[str, Mapping[str, Any]]
    """The profile's outputs by name, with the defaults of `env_var` and never its values."""

    @classmethod
    def load(
        cls, folder: Path, manifest: Path, *, profiles: Path, variables: Mapping[str, object]
    ) -> DbtProject:
        """Read what dbt left behind when it parsed the project.

        Raises:
            TransformError: the project was not parsed, or a file of it is not what it should be.
        """
        import yaml

        try:
            parsed = json.loads(manifest.read_text(encoding="utf-8"))
            settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
            outputs = yaml.safe_load(_read_env((profiles / "profiles.yml").read_text("utf-8")))
        except (OSError, ValueError, yaml.YAMLError) as exc:
            raise TransformError(
                f"the dbt project can't be read: {exc}", hint="buck dbt parse"
            ) from exc
        name = str(settings["name"])
        given: dict[str, Any] = dict(settings.get("vars") or {})
        own = given.pop(name, None)
        given |= own if isinstance(own, dict) else {}
        profile = (outputs or {}).get(settings.get("profile", name)) or {}
        return cls(name, parsed, {**given, **variables}, dict(profile.get("outputs") or {}))

    def nodes(self, select: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Models, snapshots and own tests, by file; those that `select` names.

        Args:
            select: Names, patterns of names, folders (`marts.finance`) or tags (`tag:finance`);
                everything if empty.

        Raises:
            ConfigError: a word selects nothing.
        """
        found = [
            node
            for node in self.manifest["nodes"].values()
            if node["resource_type"] in _KINDS
            and node.get("language", "sql") == "sql"
            and not _is_built_in(node)
        ]
        found.sort(key=lambda node: (node["original_file_path"], node["name"]))
        if not select:
            return found
        for word in select:
            if not any(_matches(node, word) for node in found):
                raise ConfigError(
                    f"no model is called {word}", hint="buck portability marts.finance"
                )
        return [node for node in found if any(_matches(node, word) for word in select)]


def _is_built_in(node: Mapping[str, Any]) -> bool:
    test = node.get("test_metadata") or {}
    return test.get("name") in _BUILT_IN or test.get("namespace") is not None


def _matches(node: Mapping[str, Any], word: str) -> bool:
    if word.startswith("tag:"):
        return word[4:] in node["tags"]
    path = ".".join(node["fqn"])
    return fnmatch(node["name"], word) or f".{word}." in f".{path}."


def _read_env(text: str) -> str:
    """The profile with each `env_var` as its default, else its name: no value is needed here."""

    def replace(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        return str(name.lower() if default is None else default)

    called = r"""\{\{\s*env_var\(\s*'(\w+)'\s*(?:,\s*'([^']*)'\s*)?\)[^}]*\}\}"""
    return re.sub(called, replace, text)
