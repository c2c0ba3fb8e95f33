"""Ports of the loopback that stay the same over restarts where they can."""

from __future__ import annotations

from collections.abc import Callable

from buck.errors import SandboxError


def start_on(start: Callable[[int], str], *, port: int) -> str:
    """Start a server on the wanted port, or on one of the system's choice; gives its address.

    Raises:
        SandboxError: it can listen nowhere.
    """
    try:
        return start(port)
    except OSError as exc:
        if port == 0:
            raise SandboxError(f"no port of the loopback can be listened on: {exc}") from exc
    # Taken by somebody else since the last start.
    return start_on(start, port=0)
