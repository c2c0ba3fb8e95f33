"""Bad data on purpose, and its repair: what a gate must refuse, and then let through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Literal

from buck.sandbox.company.change import Change, Record
from buck.sandbox.company.stripe_money import declined

Spoil = Literal["duplicates", "negative_amounts"]
_SIGNED = ("amount", "amount_captured", "amount_refunded")


def make_spoil(before: list[Change], kind: Spoil, at: datetime, *, count: int) -> list[Change]:
    """The changes that spoil the `count` newest succeeded live charges of a history."""
    charges = _newest_charges(before, count)
    if kind == "duplicates":
        return [_change(at, "insert", _copy(charge, at)) for charge in charges]
    return [
        _change(at, "update", {**charge, **{name: -charge[name] for name in _SIGNED}})
        for charge in charges
    ]


def make_heal(
    before: list[Change],
    until_now: list[Change],
    kind: Spoil,
    at: datetime,
    *,
    spoiled_at: datetime,
    count: int,
) -> list[Change]:
    """The changes that repair what `make_spoil` did to the same history."""
    charges = _newest_charges(before, count)
    if kind == "duplicates":
        return [
            _change(
                at,
                "update",
                declined(
                    _copy(charge, spoiled_at),
                    code="processing_error",
                    message="A copy of another charge, written off.",
                ),
            )
            for charge in charges
        ]
    # What happened to a charge since is part of its true state.
    now = _latest_charges(until_now)
    return [_change(at, "update", now[charge["id"]]) for charge in charges]


def _latest_charges(changes: Iterable[Change]) -> dict[str, Record]:
    return {c.key: c.record for c in changes if c.system == "stripe" and c.table == "charges"}


def _newest_charges(changes: list[Change], count: int) -> list[Record]:
    good = [
        record
        for record in _latest_charges(changes).values()
        if record["livemode"] and record["status"] == "succeeded" and not record["amount_refunded"]
    ]
    return sorted(good, key=lambda r: (r["created"], r["id"]))[-count:]


def _copy(charge: Record, at: datetime) -> Record:
    seed = f"{charge['id']}/{at.isoformat()}".encode()
    return {
        **charge,
        "id": f"ch_{sha256(seed).hexdigest()[:24]}",
        "created": int(at.timestamp()),
        "balance_transaction": None,
    }


def _change(at: datetime, op: Literal["insert", "update"], record: Record) -> Change:
    return Change(at, "stripe", "charges", op, record["id"], record)
