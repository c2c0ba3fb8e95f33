"""What has happened at a given state: the company's own changes, spoilings and healings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from buck.errors import SandboxError
from buck.sandbox.company import Change, Company, Spoil, day_start
from buck.sandbox.supervisor.state import SandboxState, Step, find_unhealed

STEP = timedelta(hours=1)
QUIET = timedelta(minutes=10)
"""Nothing happens for this long before any simulated present, so no reader's lag hides anything."""
MINUTE = timedelta(minutes=1)


class History:
    """The changes of one company; the same for the same state, in any process."""

    def __init__(self, state: SandboxState) -> None:
        self._company = Company(seed=state.seed, customers=state.customers)

    def changes(self, state: SandboxState) -> list[Change]:
        """Everything that has happened up to the state's present, ordered by `at`."""
        return self._merge(self._own_changes(state.now_at), state.steps, ())

    def changes_since(self, old: SandboxState, new: SandboxState) -> list[Change]:
        """What has happened between two states of the same company, ordered by `at`."""
        own = self._own_changes(new.now_at)
        later = own[bisect_left(own, old.now_at, key=lambda change: change.at) :]
        return self._merge(later, new.steps[len(old.steps) :], old.steps)

    def plan_step(
        self, state: SandboxState, action: Literal["spoil", "heal"], kind: str = ""
    ) -> SandboxState:
        """The state after a spoiling or healing: an hour later, or as soon as things are quiet.

        Raises:
            SandboxError: an unknown kind of spoiling, or the day has not that much left.
        """
        if action == "spoil" and kind not in get_args(Spoil):
            known = ", ".join(get_args(Spoil))
            raise SandboxError(f"data cannot be spoilt with {kind!r}", hint=f"one of {known}")
        midnight_at = day_start(state.days + 1)
        now_at = state.now_at + STEP
        own = self._own_changes(midnight_at)
        while _count_between(own, now_at - QUIET, now_at):
            now_at += MINUTE
        if now_at >= midnight_at:
            raise SandboxError(
                f"not enough is left of day {state.days} at {state.now_at:%H:%M}",
                hint="buck sandbox advance --days 1",
            )
        minute = (now_at - QUIET - MINUTE - day_start(state.days)) // MINUTE
        return state.stepped(Step(action, kind, state.days, minute), now_at=now_at)

    def _own_changes(self, until_at: datetime) -> list[Change]:
        whole_days = (until_at - day_start(0)) // timedelta(days=1)
        if until_at == day_start(whole_days):
            return self._company.changes(whole_days)
        changes = self._company.changes(whole_days + 1)
        return changes[: bisect_left(changes, until_at, key=lambda change: change.at)]

    def _merge(
        self, own: list[Change], steps: Sequence[Step], earlier: Sequence[Step]
    ) -> list[Change]:
        changes = list(own)
        done = list(earlier)
        for step in steps:
            changes += self._step_changes(step, done)
            done.append(step)
        # Stable: what the company does in the same second comes first.
        return sorted(changes, key=lambda change: change.at) if steps else changes

    def _step_changes(self, step: Step, earlier: Sequence[Step]) -> list[Change]:
        if step.action == "spoil":
            return self._company.spoil(cast(Spoil, step.kind), step.at)
        return [
            change
            for spoilt in find_unhealed(earlier)
            for change in self._company.heal(
                cast(Spoil, spoilt.kind), step.at, spoiled_at=spoilt.at
            )
        ]


def _count_between(changes: Sequence[Change], from_at: datetime, until_at: datetime) -> int:
    first = bisect_left(changes, from_at, key=lambda change: change.at)
    return bisect_left(changes, until_at, key=lambda change: change.at) - first
