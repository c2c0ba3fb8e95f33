"""Stripe as one of the company's systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from buck.sandbox.company.change import Change
from buck.sandbox.http import Clock
from buck.sandbox.stripe import StripeServer, StripeStore
from buck.sandbox.stripe.resources import RESOURCES
from buck.sandbox.supervisor.ports import start_on


class StripeSystem:
    """The Stripe server. It takes the sandbox's own key, and its twin for test mode."""

    name = "stripe"

    def __init__(self, *, key: str, token: str, now_at: datetime, port: int = 0) -> None:
        """Start an empty account."""
        self._key = key
        self._store = StripeStore()
        self._server = StripeServer(
            self._store,
            clock=Clock(now_at),
            control_token=token,
            keys=frozenset({key, key.replace("_live_", "_test_", 1)}),
        )
        self.url = start_on(self._server.start, port=port)

    @property
    def ports(self) -> dict[str, int]:
        """Where it listens."""
        return {"stripe": int(self.url.rpartition(":")[2])}

    def environment(self) -> dict[str, str]:
        """What a project needs to read it."""
        return {"STRIPE_API_KEY": self._key, "STRIPE_API_BASE": self.url}

    def load(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over the history so far."""
        self.apply(changes, now_at=now_at)

    def apply(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over what has happened since; the clock last, so that `now` promises it is there."""
        self._store.apply(changes)
        self._server.clock.set(now_at)

    def count_records(self) -> dict[str, int]:
        """Objects by resource, those of test mode included."""
        with self._store.lock:
            counts = {
                name: sum(
                    not entry.deleted
                    for live in (True, False)
                    for entry in self._store.shelf(name, live=live).entries
                )
                for name in RESOURCES
            }
        return {name: count for name, count in counts.items() if count}

    def count_activity(self) -> int:
        """How many requests came in."""
        return self._server.http.requests.total()

    def faults(self) -> list[Mapping[str, Any]]:
        """The faults made at present."""
        return list(self._server.faults.describe())

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Make one more fault."""
        self._server.faults.add(dict(fault))

    def clear_faults(self) -> None:
        """Make no more faults."""
        self._server.faults.clear()

    def stop(self) -> None:
        """End the server."""
        self._server.stop()
