"""Whether somebody is at home at an address, before anything is asked of them."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from buck.project import Project

PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432}
KNOCK_S = 3.0


def has_proxy(project: Project) -> bool:
    """Whether the outside is reached through somebody else, so that knocking proves nothing."""
    return any(name.lower() in ("http_proxy", "https_proxy") for name in project.variables)


def silent_addresses(values: Iterable[Any], *, patience_s: float = KNOCK_S) -> list[str]:
    """Host and port of every address among some settings that accepts no connection."""
    silent = []
    for value in values:
        try:
            address = urlsplit(value) if isinstance(value, str) else None
            port = address and (address.port or PORTS.get(address.scheme))
        except ValueError:
            continue  # not an address; whoever reads it says what is wrong with it
        if not address or not address.hostname or not port or address.scheme not in PORTS:
            continue
        try:
            socket.create_connection((address.hostname, port), timeout=patience_s).close()
        except OSError as exc:
            silent.append(f"{address.hostname}:{port} ({exc.strerror or exc})")
    return silent
