"""Salesforce as one of the company's systems, over http and https."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from buck.errors import SandboxError
from buck.sandbox.company.change import Change
from buck.sandbox.http import Clock
from buck.sandbox.salesforce import ConnectedApp, SalesforceServer, SalesforceStore, make_tls
from buck.sandbox.supervisor.ports import start_on


class SalesforceSystem:
    """One org behind two servers: plain http, and https for clients that insist on it.

    The servers share the records and the faults they are told to make; a token is good at the
    server that gave it.
    """

    name = "salesforce"

    def __init__(
        self,
        certificates: Path,
        *,
        client_id: str,
        client_secret: str,
        token: str,
        now_at: datetime,
        ports: Mapping[str, int],
    ) -> None:
        """Start an empty org, with a new certificate in the given folder."""
        try:
            certificates.mkdir(mode=0o700, exist_ok=True)
            self._tls = make_tls(certificates)
        except OSError as exc:
            raise SandboxError(
                f"the certificate cannot be written to {certificates}: {exc}",
                hint=f"check the disk space and owner of {certificates.parent}",
            ) from exc
        app = ConnectedApp(client_id=client_id, client_secret=client_secret)
        self._app = app
        self._store = SalesforceStore()
        self._clock = Clock(now_at)
        self._plain, self._secure = (
            SalesforceServer(
                self._store, clock=self._clock, control_token=token, apps=(app,), tls=tls
            )
            for tls in (None, self._tls)
        )
        self.url = start_on(self._plain.start, port=ports.get("salesforce", 0))
        try:
            self._secure_url = start_on(self._secure.start, port=ports.get("salesforce_https", 0))
        except SandboxError:
            self._plain.stop()
            raise

    @property
    def ports(self) -> dict[str, int]:
        """Where it listens."""
        return {
            "salesforce": int(self.url.rpartition(":")[2]),
            "salesforce_https": int(self._secure_url.rpartition(":")[2]),
        }

    def environment(self) -> dict[str, str]:
        """What a project needs to read it."""
        return {
            "SALESFORCE_LOGIN_URL": self.url,
            "SALESFORCE_HTTPS_URL": self._secure_url,
            "SALESFORCE_CA_FILE": str(self._tls.ca_path),
            "SALESFORCE_CLIENT_ID": self._app.client_id,
            "SALESFORCE_CLIENT_SECRET": self._app.client_secret,
        }

    def load(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over the history so far."""
        self.apply(changes, now_at=now_at)

    def apply(self, changes: Sequence[Change], *, now_at: datetime) -> None:
        """Take over what has happened since; the clock last, so that `now` promises it is there."""
        self._store.apply(changes)
        self._clock.set(now_at)

    def count_records(self) -> dict[str, int]:
        """Records by object, without those in the recycle bin."""
        return {name: count for name, count in self._store.counts().items() if count}

    def count_activity(self) -> int:
        """How many requests came in."""
        return self._plain.requests.total() + self._secure.requests.total()

    def faults(self) -> list[Mapping[str, Any]]:
        """The faults made at present."""
        return list(self._plain.faults.describe())

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Make one more fault, at both servers."""
        self._plain.faults.add(dict(fault))
        self._secure.faults.add(dict(fault))

    def clear_faults(self) -> None:
        """Make no more faults."""
        self._plain.faults.clear()
        self._secure.faults.clear()

    def stop(self) -> None:
        """End both servers."""
        self._plain.stop()
        self._secure.stop()
