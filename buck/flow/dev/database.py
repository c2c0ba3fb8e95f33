"""A build database of one's own per git branch, copied from the project's without locking it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any, Final

from buck.errors import LakeError, LakeLocked
from buck.project import Project

PATIENCE_S: Final = 60.0


class DevDatabase:
    """One branch's folder: its database, dbt's artifacts for it, and what was built in it.

    The project's build database is copied when there is no copy yet, and again when a run has built
    it anew since: otherwise a difference would show new data and not one's own work.
    """

    def __init__(self, project: Project, branch: str) -> None:
        self.branch = branch
        plain = re.sub(r"[^A-Za-z0-9]+", "-", branch).strip("-")[:40]
        # Two branches whose names differ only in their signs must not share a database.
        name = f"{plain}-{hashlib.sha256(branch.encode()).hexdigest()[:8]}"
        self.folder = project.work / "dev" / name
        self._origin = project.build_database

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "build.duckdb"

    @property
    def hashes(self) -> dict[str, str]:
        """Per model the hash of the code that its table here was built by, as far as known."""
        return dict(self._state().get("hashes", {}))

    def refresh(self, *, patience_s: float = PATIENCE_S) -> bool:
        """Copy the project's build database unless the copy is of its present state.

        Raises:
            LakeError: nothing was built yet.
            LakeLocked: a run writes it, and did not end within `patience_s`.
        """
        if not self._origin.exists():
            raise LakeError("there is no build to start from", hint="buck run")
        held = self._state().get("origin")
        if self.file.exists() and held == self._stamp():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = self._copy(patience_s)
        self._write({"origin": stamp, "hashes": {}})
        return True

    def remember(self, hashes: dict[str, str]) -> None:
        """Note by which code models were built here."""
        state = self._state()
        self._write(state | {"hashes": {**state.get("hashes", {}), **hashes}})

    def _copy(self, patience_s: float) -> list[int]:
        """Copy while nobody writes, without a lock: what changed meanwhile is copied again.

        A run holds the database for seconds; taking its lock would make `buck run` fail instead.
        """
        spare = self.file.with_suffix(".copying")
        give_up_at = time.monotonic() + patience_s
        while time.monotonic() < give_up_at:
            before = self._stamp()
            if before is not None:
                shutil.copyfile(self._origin, spare)
                if self._stamp() == before:
                    self.file.with_suffix(".duckdb.wal").unlink(missing_ok=True)
                    spare.replace(self.file)
                    return before
            time.sleep(0.2)
        spare.unlink(missing_ok=True)
        raise LakeLocked(
            "the build database is being written by a run",
            hint="wait for it, or see `buck pipeline status`",
        )

    def _stamp(self) -> list[int] | None:
        """The database's state from outside, or None while somebody writes it (it has a WAL)."""
        if self._origin.with_suffix(".duckdb.wal").exists():
            return None
        try:
            told = self._origin.stat()
        except OSError:
            return None
        return [told.st_mtime_ns, told.st_size, told.st_ino]

    def _state(self) -> dict[str, Any]:
        try:
            held = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def _write(self, state: dict[str, Any]) -> None:
        spare = self.folder / "state.spare"
        spare.write_text(json.dumps(state), encoding="utf-8")
        spare.replace(self.folder / "state.json")
