"""Telling people: Slack, e-mail, a dead man's switch. Nothing here can change a verdict."""

from buck.alerts.channels import deliver, ping
from buck.alerts.incidents import Standing, advance, held_back

__all__ = ["Standing", "advance", "deliver", "held_back", "ping"]
