"""The company's three systems, started together and kept in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from buck.errors import SandboxError
from buck.sandbox.company.change import Change
from buck.sandbox.supervisor.app_system import AppSystem
from buck.sandbox.supervisor.folder import SandboxFolder
from buck.sandbox.supervisor.state import SandboxState
from buck.sandbox.supervisor.status import SystemStatus


class CompanySystem(Protocol):
    """A server of one system, showing what the company has done up to now."""

    @property
    def name(self) -> str:
        """`stripe`, `salesforce` or `app`."""
        ...

    @property
    def url(self) -> str:
        """Where it answers, without secrets."""
        ...

    @property
    def ports(self) -> Mapping[str, int]:
        """Where it listens, by the name to ask for the same port again."""
        ...

    def environment(self) -> Mapping[str, str]:
        """The variables that a project reads it with."""
        ...

    def load(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over the history so far; called once, on an empty system."""
        ...

    def apply(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over what has happened since, of all systems, in order."""
        ...

    def count_records(self) -> Mapping[str, int]:
        """Living records by table."""
        ...

    def count_activity(self) -> int:
        """A number that changes when somebody uses the system."""
        ...

    def faults(self) -> list[Mapping[str, Any]]:
        """The faults made at present."""
        ...

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Make one more fault from now on; SandboxError for an unknown one."""
        ...

    def clear_faults(self) -> None:
        """Make no more faults."""
        ...

    def stop(self) -> None:
        """End the server and everything it started."""
        ...


class Systems:
    """All three."""

    def __init__(self, folder: SandboxFolder, state: SandboxState) -> None:
        """Start empty servers, on the ports the state names as far as they are free.

        Call it from a thread that lives as long as the servers are wanted.
        """
        self._all: list[CompanySystem] = []
        try:
            self.app = AppSystem(
                folder.postgres,
                password=state.postgres_password,
                port=state.ports.get("app", 0),
            )
            self._all.append(self.app)
            # Not before: these take half a second to import, which the database's start covers.
            from buck.sandbox.supervisor.salesforce_system import SalesforceSystem
            from buck.sandbox.supervisor.stripe_system import StripeSystem

            self._all.append(
                StripeSystem(
                    key=state.stripe_key,
                    token=state.token,
                    now_at=state.now_at,
                    port=state.ports.get("stripe", 0),
                )
            )
            self._all.append(
                SalesforceSystem(
                    folder.certificates,
                    client_id=state.salesforce_client_id,
                    client_secret=state.salesforce_client_secret,
                    token=state.token,
                    now_at=state.now_at,
                    ports=state.ports,
                )
            )
        except SandboxError:
            self.stop()
            raise

    @property
    def ports(self) -> dict[str, int]:
        """Every port by its name."""
        return {name: port for system in self._all for name, port in system.ports.items()}

    def environment(self) -> dict[str, str]:
        """The variables of all systems."""
        return {name: value for s in self._all for name, value in s.environment().items()}

    def load(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Give every system the history so far."""
        for system in self._all:
            system.load(changes, now_at=now_at)

    def apply(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Give every system what has happened since."""
        for system in self._all:
            system.apply(changes, now_at=now_at)

    def add_fault(self, name: str, fault: Mapping[str, Any]) -> None:
        """Let one system make one more fault.

        Raises:
            SandboxError: there is no such system, or it knows no such fault.
        """
        found = {system.name: system for system in self._all}
        if name not in found:
            raise SandboxError(
                f"the sandbox has no system {name!r}", hint=f"one of {', '.join(sorted(found))}"
            )
        found[name].add_fault(fault)

    def clear_faults(self) -> None:
        """Let every system work as it should."""
        for system in self._all:
            system.clear_faults()

    def describe(self) -> tuple[SystemStatus, ...]:
        """How each system stands."""
        return tuple(
            SystemStatus(
                name=system.name,
                url=system.url,
                port=system.ports[system.name],
                records=dict(system.count_records()),
                faults=tuple(system.faults()),
            )
            for system in self._all
        )

    def count_activity(self) -> tuple[int, ...]:
        """Changes when somebody uses any of the systems."""
        return tuple(system.count_activity() for system in self._all)

    def stop(self) -> None:
        """End all servers."""
        for system in reversed(self._all):
            system.stop()
