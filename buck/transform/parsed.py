"""The parsed project, kept beside dbt's artifacts and used again while nothing has changed.

dbt's own partial parsing starts over whenever any variable has a new value, and `as_of` has one
in every run. The copy that dbt saves is loaded fresh each time: a manifest that has run once
cannot run again, because the ephemeral models in it count as injected already (dbt 1.11).
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from buck.transform.workspace import DbtWorkspace

_SAVED = "partial_parse.msgpack"
_STAMP = "buck_parse.json"
_SOURCES = {".sql", ".yml", ".yaml", ".md", ".csv", ".py"}
_ENV_NAMES = re.compile(rb"env_var\(\s*['\"](\w+)")


def read_saved(workspace: DbtWorkspace) -> bytes | None:
    """What an earlier parse saved, or None if anything that matters has changed since."""
    try:
        held = json.loads((workspace.target_path / _STAMP).read_text())
        content = (workspace.target_path / _SAVED).read_bytes()
    except (OSError, ValueError):
        return None
    return content if held == _stamp(workspace, content) else None


def load_parsed(workspace: DbtWorkspace) -> Any:
    """The project as an earlier call parsed it, or None if anything that matters has changed."""
    content = read_saved(workspace)
    if content is None:
        return None
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest: Any = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    manifest.build_flat_graph()
    return manifest


def keep_parsed(workspace: DbtWorkspace) -> None:
    """Note what the saved project was parsed from; call it after a parse that went well."""
    with suppress(OSError):
        content = (workspace.target_path / _SAVED).read_bytes()
        text = json.dumps(_stamp(workspace, content), indent=1)
        (workspace.target_path / _STAMP).write_text(text)


def _stamp(workspace: DbtWorkspace, content: bytes) -> dict[str, str]:
    """Everything a parse depends on, as hashes: a value may be a secret."""
    from dbt_common.clients.system import get_env

    files = hashlib.sha256()
    mentioned: set[str] = set()
    generated = {workspace.target_path, workspace.log_path, workspace.project_dir / "target"}
    for folder in dict.fromkeys((workspace.project_dir, workspace.profiles_dir)):
        for path in _walk(folder, generated | {folder / "logs", folder / "checks"}):
            text = path.read_bytes()
            mentioned.update(name.decode() for name in _ENV_NAMES.findall(text))
            files.update(f"{path.relative_to(folder)}\0{len(text)}\0".encode() + text)
    surroundings = {**get_env(), **workspace.env}
    places = {n: Path(surroundings.get(n) or "").name for n in mentioned & workspace.database_vars}
    settings = {
        "vars": {k: v for k, v in workspace.vars.items() if k not in workspace.runtime_vars},
        "names": sorted(workspace.vars),
        "env": {name: surroundings.get(name) for name in sorted(mentioned)} | places,
        "target": workspace.target,
        "profiles": str(workspace.profiles_dir),
        "versions": [version("dbt-core"), version("dbt-duckdb"), version("duckdb")],
    }
    fixed = json.dumps(settings, sort_keys=True, default=str)
    return {
        "settings": hashlib.sha256(fixed.encode()).hexdigest(),
        "files": files.hexdigest(),
        "parsed": hashlib.sha256(content).hexdigest(),
    }


def _walk(folder: Path, generated: set[Path]) -> list[Path]:
    kept: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path not in generated and not path.name.startswith((".", "__pycache__")):
                kept += _walk(path, generated)
        elif path.suffix in _SOURCES:
            kept.append(path)
    return kept
