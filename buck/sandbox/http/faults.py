"""Faults on demand: what a sandbox server does wrong while it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from buck.errors import SandboxError

GENERAL_KNOBS = frozenset({"status", "cut_after_bytes", "delay_s"})
"""Knobs of every server; each server adds its own."""
_CONDITIONS = frozenset({"path", "times", "every", "retry_after"})


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, and when."""

    id: int
    knob: str
    value: Any
    path: str | None = None
    """Only requests whose path starts with this."""
    times: int | None = None
    """How often it still happens; None for always."""
    every: int = 1
    """Only each n-th request that matches."""
    retry_after: int | None = None
    """The `Retry-After` header of a `status` fault; None sends none."""
    seen: int = 0

    def matches(self, path: str) -> bool:
        """Whether it applies to a request's path and is not used up."""
        return self.times != 0 and (self.path is None or path.startswith(self.path))

    def describe(self) -> dict[str, Any]:
        """The fault as the control endpoint lists it."""
        return {
            "id": self.id,
            self.knob: self.value,
            "path": self.path,
            "times": self.times,
            "every": self.every,
            "retry_after": self.retry_after,
        }


class Faults:
    """The faults a server has been told to show; safe from any thread."""

    def __init__(self, knobs: frozenset[str] = frozenset()) -> None:
        self._knobs = GENERAL_KNOBS | knobs
        self._faults: list[Fault] = []
        self._count = 0
        self._lock = Lock()

    def add(self, spec: dict[str, Any]) -> int:
        """Take one fault such as `{"status": 429, "retry_after": 1, "times": 3}`; gives its id.

        Raises:
            SandboxError: Not exactly one known knob, or an unknown condition.
        """
        knobs = sorted(set(spec) & self._knobs)
        unknown = sorted(set(spec) - self._knobs - _CONDITIONS)
        if len(knobs) != 1 or unknown:
            raise SandboxError(
                f"a fault needs exactly one knob, not {sorted(spec)}",
                hint=f"knobs: {', '.join(sorted(self._knobs))}; "
                f"conditions: {', '.join(sorted(_CONDITIONS))}",
            )
        conditions = {name: spec[name] for name in _CONDITIONS & set(spec)}
        with self._lock:
            self._count += 1
            self._faults.append(Fault(self._count, knobs[0], spec[knobs[0]], **conditions))
            return self._count

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._faults.clear()

    def describe(self) -> list[dict[str, Any]]:
        """All faults, used up ones with `times` 0 included."""
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def take(self, knob: str, path: str) -> Fault | None:
        """The fault of this kind that hits a request, if any; it is counted as having happened."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.knob != knob or not fault.matches(path):
                    continue
                fault.seen += 1
                if fault.seen % fault.every:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def find(self, knob: str, path: str) -> Fault | None:
        """The first lasting fault of this kind that fits a path, or None; nothing is counted."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.knob == knob and fault.matches(path):
                    return fault
        return None

    def value(self, knob: str, path: str) -> Any:
        """The value of `find`, or None."""
        fault = self.find(knob, path)
        return None if fault is None else fault.value

    def values(self, knob: str) -> list[Any]:
        """The values of all lasting faults of this kind."""
        with self._lock:
            return [f.value for f in self._faults if f.knob == knob and f.times != 0]
