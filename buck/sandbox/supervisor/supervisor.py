"""The background process: one company, its servers, and the commands they obey."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from types import FrameType
from typing import Any

from buck.errors import SandboxError
from buck.sandbox.company.change import Change
from buck.sandbox.supervisor.control import Command, ControlServer
from buck.sandbox.supervisor.folder import SandboxFolder, write_private
from buck.sandbox.supervisor.history import History
from buck.sandbox.supervisor.ports import start_on
from buck.sandbox.supervisor.state import SandboxState
from buck.sandbox.supervisor.status import SandboxStatus
from buck.sandbox.supervisor.systems import Systems

TICK_S = 0.5
ACTIVITY_CHECK_S = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the process behaves, apart from what the company is."""

    idle_limit_s: float
    """Ends by itself when nobody has used it for this long."""


class Supervisor:
    """Serves one sandbox until it is told to stop, is idle for too long, or its folder is gone.

    Every command first writes the state it leads to and then brings the servers there: whatever
    ends the process in between, the next start serves the new state.
    """

    def __init__(
        self, folder: SandboxFolder, state: SandboxState, *, lock: int, settings: Settings
    ) -> None:
        self._folder = folder
        self._state = state
        self._lock_descriptor = lock
        self._settings = settings
        self._busy = threading.RLock()
        self._stop = threading.Event()
        self._started_s = time.monotonic()
        self._used_s = self._started_s
        self._activity: tuple[int, ...] = ()

    def start(self) -> None:
        """Bring the servers to the state; from the main thread, which the database is tied to."""
        # The history is made, and what serves it imported, while the database's programs run.
        with ThreadPoolExecutor(max_workers=1) as pool:
            made = pool.submit(_make_history, self._state)
            self._systems = Systems(self._folder, self._state)
        try:
            self._history, history = made.result()
            self._systems.load(history, now_at=self._state.now_at)
            self._control = self._listen()
            ports = {**self._systems.ports, "control": self._control.port}
            self._remember(replace(self._state, ports=ports, pid=os.getpid()))
            self._write_environment()
        except SandboxError:
            self._systems.stop()
            raise
        self._activity = self._systems.count_activity()
        self._control.start()

    def run(self) -> None:
        """Serve until the end, then leave nothing running."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        checked_s = time.monotonic()
        while not self._stop.wait(TICK_S):
            if not self._owns_folder():
                break
            if not self._systems.app.is_alive():
                self._revive_app()
            if time.monotonic() - checked_s > min(ACTIVITY_CHECK_S, self._settings.idle_limit_s):
                checked_s = time.monotonic()
                if self._is_idle():
                    break
        self._end()

    def _listen(self) -> ControlServer:
        commands: dict[str, Command] = {
            "status": self._status,
            "advance": self._advance,
            "spoil": self._spoil,
            "heal": self._heal,
            "set-fault": self._set_fault,
            "clear-faults": self._clear_faults,
            "down": self._down,
        }
        control = ControlServer(self._state.token, commands=commands)
        start_on(control.listen, port=self._state.ports.get("control", 0))
        return control

    # What commands do

    def _status(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        with self._busy:
            return self._describe()

    def _advance(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        days = int(arguments["days"])
        if days < 1:
            raise SandboxError(f"cannot advance by {days} days: time only goes on")
        with self._busy:
            self._move_to(self._state.advanced(days))
            return self._describe()

    def _spoil(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        with self._busy:
            self._move_to(self._history.plan_step(self._state, "spoil", str(arguments["kind"])))
            return self._describe()

    def _heal(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        with self._busy:
            if not self._state.spoils:
                raise SandboxError("nothing is spoilt", hint="buck sandbox status")
            self._move_to(self._history.plan_step(self._state, "heal"))
            return self._describe()

    def _set_fault(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        with self._busy:
            self._systems.add_fault(str(arguments["system"]), dict(arguments["fault"]))
            return self._describe()

    def _clear_faults(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        with self._busy:
            self._systems.clear_faults()
            return self._describe()

    def _down(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._stop.set()
        return {}

    def _move_to(self, state: SandboxState) -> None:
        changes = self._history.changes_since(self._state, state)
        self._remember(state)
        self._systems.apply(changes, now_at=state.now_at)
        self._write_environment()

    # What keeps it going

    def _remember(self, state: SandboxState) -> None:
        state.save(self._folder.state)
        self._state = state
        self._used_s = time.monotonic()

    def _write_environment(self) -> None:
        variables = {**self._systems.environment(), "BUCK_AS_OF": self._state.now_at.isoformat()}
        write_private(self._folder.environment, variables)

    def _describe(self) -> dict[str, Any]:
        self._used_s = time.monotonic()
        return SandboxStatus(
            running=True,
            folder=str(self._folder.path),
            seed=self._state.seed,
            customers=self._state.customers,
            days=self._state.days,
            now_at=self._state.now_at,
            spoils=self._state.spoils,
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started_s, 3),
            systems=self._systems.describe(),
        ).to_dict()

    def _owns_folder(self) -> bool:
        """Whether the folder is still there and still this sandbox's."""
        try:
            found = self._folder.lock.stat()
        except OSError:
            return False
        return found.st_ino == os.fstat(self._lock_descriptor).st_ino

    def _revive_app(self) -> None:
        with self._busy:
            self._systems.app.restart(self._history.changes(self._state), now_at=self._state.now_at)
            self._remember(replace(self._state, ports={**self._state.ports, **self._systems.ports}))
            self._write_environment()

    def _is_idle(self) -> bool:
        with self._busy:
            activity = self._systems.count_activity()
        if activity != self._activity:
            self._activity, self._used_s = activity, time.monotonic()
        return time.monotonic() - self._used_s > self._settings.idle_limit_s

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _end(self) -> None:
        self._control.stop()
        with self._busy:
            self._systems.stop()
            if self._owns_folder():
                self._folder.environment.unlink(missing_ok=True)
                self._remember(replace(self._state, pid=None))
        # The lock goes with the process: whoever waits for it may rely on nothing being left.


def _make_history(state: SandboxState) -> tuple[History, list[Change]]:
    import_module("buck.sandbox.supervisor.stripe_system")
    import_module("buck.sandbox.supervisor.salesforce_system")
    history = History(state)
    return history, history.changes(state)
