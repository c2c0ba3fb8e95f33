"""What is told to people about runs: incidents, messages, and whether they arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["failure", "warning"]
Notice = Literal["opened", "recovered"]
Channel = Literal["slack", "email", "ping"]
DeliveryStatus = Literal["ok", "failed", "rate_limited"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Something wrong that its owner is told once, and once more when it is over.

    `subjects` are ids of checks, or `run:<pipeline>` for a run that failed or was incomplete.
    """

    id: str
    kind: Kind
    owner: str
    pipeline: str
    subjects: tuple[str, ...]
    opened_at: str
    title: str
    runs: int = 1
    """Runs that saw it."""
    told: tuple[str, ...] = ()
    """Channels on which its opening arrived."""
    recovered_at: str = ""
    """When it was over; kept until that was told."""

    def to_dict(self) -> dict[str, Any]:
        """As the ledger holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Incident:
        """The incident that `to_dict` wrote."""
        lists = {name: tuple(held.get(name) or ()) for name in ("subjects", "told")}
        return cls(**{**held, **lists})


@dataclass(frozen=True, slots=True)
class Message:
    """One notice, fit for any channel and a small screen."""

    incident: str
    notice: Notice
    kind: Kind
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    """Heading and text, the most important first."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an owner's notices go. Addresses are secrets and never shown."""

    slack_webhook: str = field(default="", repr=False)
    slack_channel: str = ""
    smtp_url: str = field(default="", repr=False)
    sender: str = ""
    emails: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that are set up."""
        found: list[Channel] = ["slack"] if self.slack_webhook else []
        return (*found, "email") if self.smtp_url and self.emails else tuple(found)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to tell something."""

    channel: Channel
    status: DeliveryStatus
    error: str = ""
    """Never holds an address or a password."""
