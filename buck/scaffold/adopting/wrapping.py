"""The dbt project that Buck builds: the user's own and its packages, as links to where they are."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buck.errors import ConfigError

LINKS = "adopted"
"""The folder of links; git keeps it, unlike dbt's own."""
_INSTALLED = "dbt_packages"
COPIED = ("vars", "models", "seeds", "snapshots", "data_tests", "tests", "exposures", "dispatch")
"""What only the outermost project may say of the packages below it."""
_SCHEMAS = """\
{#- A mart's schema is its domain, the folder below models/marts; others are where they ask. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set folders = node.original_file_path.replace('\\\\', '/').split('/')[1:-1] -%}
    {%- set asked = custom_schema_name | trim if custom_schema_name else target.schema -%}
    {%- set layer = node.config.get('meta', {}).get('layer', folders[:1] | join) -%}
    {%- set is_mart = layer == 'marts' -%}
    {%- if is_mart and folders[:1] == ['marts'] and folders | length > 1 -%}
        {%- set asked = folders[1] -%}
    {%- elif is_mart and asked in ('marts', target.schema) -%}
        {%- set asked = 'core' -%}
    {%- endif -%}
    {{ var('schema_prefix', '') }}{{ asked }}
{%- endmacro %}
"""
_SOURCES = """\
{#- Raw tables are where Buck lands them, whatever a source's own declaration says. -#}
{% macro source(source_name, table_name) -%}
    {%- do builtins.source(source_name, table_name) -%}
    {{ return(api.Relation.create(
        database=target.database,
        schema=var('raw_schema', 'raw'),
        identifier='raw_' ~ source_name ~ '_' ~ table_name,
    )) }}
{%- endmacro %}
"""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A dbt project as its user has it."""

    folder: Path
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The project's name, which is its package's."""
        return str(self.settings["name"])

    def packages(self) -> dict[str, Path]:
        """Installed packages by folder name, the project itself among them."""
        installed = self.folder / str(self.settings.get("packages-install-path") or _INSTALLED)
        found = installed.iterdir() if installed.is_dir() else ()
        held = {p.name: p for p in sorted(found) if (p / "dbt_project.yml").is_file()}
        return {**held, self.name: self.folder}


def read_theirs(folder: Path) -> Theirs:
    """The project in a folder.

    Raises:
        ConfigError: there is none, or its packages are not installed.
    """
    import yaml

    try:
        settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError(
            f"there is no dbt project in {folder}", hint="name the folder of dbt_project.yml"
        ) from exc
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise ConfigError(f"{folder / 'dbt_project.yml'} can't be read: {exc}") from exc
    if not isinstance(settings, dict) or not settings.get("name"):
        raise ConfigError(f"{folder / 'dbt_project.yml'} gives the project no name")
    theirs = Theirs(folder.resolve(), settings)
    asked = any((folder / name).is_file() for name in ("packages.yml", "dependencies.yml"))
    if asked and len(theirs.packages()) == 1:
        raise ConfigError(
            f"the packages of {theirs.name} are not installed", hint=f"cd {folder} && dbt deps"
        )
    return theirs


def wrap(theirs: Theirs, transform: Path) -> None:
    """Write the outer project, but for its `dbt_project.yml`."""
    packages = transform / LINKS
    packages.mkdir(parents=True)
    for name, place in theirs.packages().items():
        (packages / name).symlink_to(os.path.relpath(place, packages.resolve()), True)
    (transform / "macros").mkdir()
    (transform / "macros" / "generate_schema_name.sql").write_text(_SCHEMAS, encoding="utf-8")
    (transform / "macros" / "source.sql").write_text(_SOURCES, encoding="utf-8")


def outer_settings(
    theirs: Theirs,
    *,
    disabled: Iterable[Mapping[str, Any]] = (),
    marts: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What the outer `dbt_project.yml` says.

    Args:
        theirs: The user's project.
        disabled: Nodes (as in dbt's manifest) that are not to be built.
        marts: Models that are published although they are not below models/marts.
    """
    own = {key: copy.deepcopy(theirs.settings[key]) for key in COPIED if theirs.settings.get(key)}
    for node in disabled:
        _at(own, node)["+enabled"] = False
    for node in marts:
        _at(own, node)["+meta"] = {"layer": "marts"}
    given = {entry["macro_namespace"] for entry in own.get("dispatch", ())}
    searched = [name for name in (*theirs.packages(), "dbt") if name not in {theirs.name, *given}]
    own["dispatch"] = [
        *own.get("dispatch", ()),
        *(
            {"macro_namespace": name, "search_order": [theirs.name, name]}
            for name in sorted(searched)
        ),
    ]
    return {
        "name": f"buck_{theirs.name}",
        "version": "1.0.0",
        "config-version": 2,
        "profile": "buck",
        "flags": {"send_anonymous_usage_stats": False, "version_check": False},
        "packages-install-path": LINKS,
        **own,
    }


def _at(settings: dict[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """The section of one node."""
    section = settings
    for word in (f"{node['resource_type']}s", *node["fqn"]):
        below = section.get(word)
        if not isinstance(below, dict):
            below = section[word] = {}
        section = below
    return section
