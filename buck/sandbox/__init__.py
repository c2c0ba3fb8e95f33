"""A simulated company with real servers: Stripe, Salesforce and PostgreSQL on the loopback.

`up` starts it in the background, `advance` lets its days pass, `truth` says what really happened,
`spoil` and `heal` put bad data in and take it back, `set_faults` makes a server misbehave, `down`
ends it. Everything it keeps is in the one folder that every function takes first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buck.sandbox.bulk.orders import bulk_orders
    from buck.sandbox.bulk.payments import bulk_payments
    from buck.sandbox.supervisor.client import (
        advance,
        clear_faults,
        down,
        heal,
        set_faults,
        spoil,
        status,
        truth,
        up,
    )
    from buck.sandbox.supervisor.status import SandboxStatus, SystemStatus

__all__ = [
    "SandboxStatus",
    "SystemStatus",
    "advance",
    "bulk_orders",
    "bulk_payments",
    "clear_faults",
    "down",
    "heal",
    "set_faults",
    "spoil",
    "status",
    "truth",
    "up",
]

_HOMES = {
    "SandboxStatus": "buck.sandbox.supervisor.status",
    "SystemStatus": "buck.sandbox.supervisor.status",
    "bulk_orders": "buck.sandbox.bulk.orders",
    "bulk_payments": "buck.sandbox.bulk.payments",
}


def __getattr__(name: str) -> Any:
    # The generator and the servers are imported when they are used: the CLI starts without them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "buck.sandbox.supervisor.client")), name)
