"""The sandbox from outside: start it, tell it what to do, end it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import SandboxError
from buck.sandbox.company.calendar import DEFAULT_DAYS
from buck.sandbox.supervisor.control import send_command
from buck.sandbox.supervisor.folder import SandboxFolder
from buck.sandbox.supervisor.startup import (
    make_failure,
    start_process,
    wait_for_end,
    wait_until_gone,
)
from buck.sandbox.supervisor.state import SandboxState, load_state
from buck.sandbox.supervisor.status import SandboxStatus, read_status

if TYPE_CHECKING:
    from buck.sandbox.company import Company

DEFAULT_SEED = 7
DEFAULT_CUSTOMERS = 120
IDLE_LIMIT_S = 12 * 3600.0
START_TRIES = 3


def up(
    folder: Path,
    *,
    seed: int | None = None,
    customers: int | None = None,
    days: int | None = None,
    wait_s: float = 120.0,
    idle_limit_s: float = IDLE_LIMIT_S,
) -> SandboxStatus:
    """A running sandbox in the folder: as it was left if there is one, new otherwise.

    Idempotent: a running sandbox is left alone. A stopped or crashed one comes back with the same
    records, simulated time, credentials, and ports as far as they are free; faults are forgotten.

    Args:
        folder: Holds all its files; made when missing.
        seed: Of a new sandbox; 7 when not given.
        customers: Of a new sandbox; 120 when not given.
        days: Of history that a new sandbox starts with; 45 when not given. One that exists keeps
            its own time.
        wait_s: How long the start may take.
        idle_limit_s: The sandbox ends by itself when nobody has used it for this long.

    Raises:
        SandboxError: it could not start, with the end of its log; or the folder has a sandbox with
            another seed or other customers.
    """
    home = SandboxFolder(folder.resolve())
    _check_same(home, load_state(home.state), seed=seed, customers=customers)
    options = {
        "seed": DEFAULT_SEED if seed is None else seed,
        "customers": DEFAULT_CUSTOMERS if customers is None else customers,
        "days": DEFAULT_DAYS if days is None else days,
        "idle-limit-s": idle_limit_s,
    }
    for _ in range(START_TRIES):
        if not home.is_running():
            start_process(home, options, wait_s=wait_s)
        found = _await_status(home, wait_s=wait_s)
        if found is not None:
            return found
        # What was running has just ended: a process that was killed holds its lock a little longer.
    raise make_failure(home, "ended as soon as it was ready")


def status(folder: Path) -> SandboxStatus:
    """How the sandbox stands, running or not.

    Raises:
        SandboxError: the folder has no sandbox.
    """
    home = SandboxFolder(folder.resolve())
    state = _require_state(home)
    if home.is_running():
        return read_status(_send(home, "status"))
    return SandboxStatus(
        running=False,
        folder=str(home.path),
        seed=state.seed,
        customers=state.customers,
        days=state.days,
        now_at=state.now_at,
        spoils=state.spoils,
    )


def advance(folder: Path, *, days: int) -> SandboxStatus:
    """Let whole days pass: the simulated present is the midnight that ends them."""
    return read_status(_send(SandboxFolder(folder.resolve()), "advance", days=days))


def spoil(folder: Path, kind: str) -> SandboxStatus:
    """Put bad data of that kind into the sources, within one simulated hour."""
    return read_status(_send(SandboxFolder(folder.resolve()), "spoil", kind=kind))


def heal(folder: Path) -> SandboxStatus:
    """Take all bad data back, within one simulated hour."""
    return read_status(_send(SandboxFolder(folder.resolve()), "heal"))


def set_faults(folder: Path, system: str, fault: Mapping[str, Any]) -> SandboxStatus:
    """Let one server, `stripe`, `salesforce` or `app`, also fail in this way from now on.

    A fault is one knob and its conditions, such as `{"status": 429, "retry_after": 1, "times": 3}`;
    the knobs are listed in docs/reference/sandbox-faults.md, and in the error for a wrong one.
    """
    home = SandboxFolder(folder.resolve())
    return read_status(_send(home, "set-fault", system=system, fault=dict(fault)))


def clear_faults(folder: Path) -> SandboxStatus:
    """Let every server work as it should."""
    return read_status(_send(SandboxFolder(folder.resolve()), "clear-faults"))


@lru_cache(maxsize=1)
def _remembered_company(seed: int, customers: int) -> Company:
    """The company whose truth was asked for last; it keeps the days that it has simulated."""
    from buck.sandbox.company import Company

    return Company(seed=seed, customers=customers)


def truth(
    folder: Path, as_of_day: int | None = None, *, as_of_at: datetime | None = None
) -> dict[str, Any]:
    """What really happened up to a moment, from the company's own events; running or not.

    Each figure is defined in docs/reference/sandbox-truth.md; money is in integer minor units.

    Args:
        folder: The sandbox's.
        as_of_day: Count the first so many days.
        as_of_at: Count what happened before this moment. Without either, everything up to the
            simulated present counts.

    Raises:
        SandboxError: the moment has not come yet.
    """
    from buck.sandbox.company import day_start, truth_at

    home = SandboxFolder(folder.resolve())
    state = _require_state(home)
    at = as_of_at if as_of_day is None else day_start(as_of_day)
    if at is None:
        at = state.now_at
    if at > state.now_at:
        raise SandboxError(
            f"the sandbox is at {state.now_at.isoformat()}, {at.isoformat()} has not come yet",
            hint="buck sandbox advance --days 1",
        )
    facts = _remembered_company(state.seed, state.customers).facts(state.days + 1)
    return truth_at(facts, as_of=at).to_dict()


def down(folder: Path, *, forget: bool = False, wait_s: float = 30.0) -> None:
    """End the sandbox and everything it runs; nothing happens when it is not running.

    What it is stays on disk, so that `up` brings it back; with `forget`, the folder is removed.

    Raises:
        SandboxError: it does not end.
    """
    home = SandboxFolder(folder.resolve())
    if home.is_running():
        state = load_state(home.state)
        with suppress(SandboxError):
            _send(home, "down", wait_s=5)
        if not wait_for_end(home, wait_s=wait_s):
            _kill(home)
        wait_until_gone(None if state is None else state.pid)
    home.environment.unlink(missing_ok=True)
    if forget and home.path.exists():
        from buck.sandbox.postgres.leftover import end_leftover

        end_leftover(home.postgres / "data")
        shutil.rmtree(home.path)


def _check_same(
    home: SandboxFolder, state: SandboxState | None, *, seed: int | None, customers: int | None
) -> None:
    if state is None:
        return
    for name, wanted, found in (
        ("seed", seed, state.seed),
        ("customers", customers, state.customers),
    ):
        if wanted is not None and wanted != found:
            raise SandboxError(
                f"{home.path} has a sandbox with {name} {found}, not {wanted}",
                hint="end and forget it first: buck sandbox down --forget",
            )


def _require_state(home: SandboxFolder) -> SandboxState:
    state = load_state(home.state)
    if state is None:
        raise SandboxError(f"there is no sandbox in {home.path}", hint="buck sandbox up")
    return state


def _send(
    home: SandboxFolder, command: str, *, wait_s: float = 120.0, **arguments: object
) -> dict[str, Any]:
    state = _require_state(home)
    if state.pid is None or not home.is_running():
        raise SandboxError(f"the sandbox in {home.path} is not running", hint="buck sandbox up")
    return send_command(
        command, arguments, port=state.ports["control"], token=state.token, wait_s=wait_s
    )


def _kill(home: SandboxFolder) -> None:
    state = load_state(home.state)
    if state is not None and state.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGKILL)
    if not wait_for_end(home, wait_s=5):
        raise SandboxError(
            f"the sandbox in {home.path} does not end", hint=f"see {home.log}, end its process"
        )


def _await_status(home: SandboxFolder, *, wait_s: float) -> SandboxStatus | None:
    """Its status, awaited while another process is still starting it; None when it has ended."""
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            return read_status(_send(home, "status"))
        except SandboxError as exc:
            if not home.is_running():
                return None
            if time.monotonic() > give_up_at:
                raise make_failure(home, f"does not answer: {exc.what}") from exc
            time.sleep(0.1)
