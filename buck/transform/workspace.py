"""Where dbt works and with which values: everything it needs, and nothing from the surroundings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

DbtCommand = Literal[
    "build", "run", "test", "seed", "snapshot", "docs generate", "compile", "ls", "parse"
]


@dataclass(frozen=True, slots=True)
class DbtWorkspace:
    """One dbt project and how to run it. Secrets in `env` stay out of `repr`."""

    project_dir: Path
    profiles_dir: Path
    target: str
    target_path: Path
    """Where dbt writes its artifacts; kept between runs, it also keeps the parsed project."""
    log_path: Path
    """The folder of `dbt.log`."""
    vars: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values for `env_var()`, over those of the process; names starting with `DBT_ENV_SECRET` are
    scrubbed from logs and messages."""
    threads: int | None = None
    runtime_vars: frozenset[str] = frozenset({"as_of"})
    """Variables that only SQL bodies read: a new value needs no new parse of the project. dbt
    itself parses everything again when any variable changes."""

    database_vars: frozenset[str] = frozenset({"BUCK_BUILD_DB"})
    """Variables of `env` that say where a database lies: another folder needs no new parse, as
    long as the file is called the same."""

    def arguments(self, accepted: frozenset[str], given: Sequence[str] = ()) -> list[str]:
        """Command-line options for dbt, leaving out what the command lacks or `given` names."""
        options: list[tuple[str, str | None]] = [
            ("--log-level", "none"),
            ("--log-level-file", "info"),
            ("--no-use-colors", None),
            ("--no-use-colors-file", None),
            ("--no-send-anonymous-usage-stats", None),
            ("--no-version-check", None),
            ("--project-dir", str(self.project_dir)),
            ("--profiles-dir", str(self.profiles_dir)),
            ("--target", self.target),
            ("--target-path", str(self.target_path)),
            ("--log-path", str(self.log_path)),
            ("--vars", json.dumps(dict(self.vars), sort_keys=True, default=str)),
        ]
        if self.threads:
            options.append(("--threads", str(self.threads)))
        named = {item.partition("=")[0] for item in given}
        found: list[str] = []
        for name, value in options:
            if name in accepted and name not in named:
                found += [name] if value is None else [name, value]
        return found
