"""Looking at alerts from outside a run: which incidents are open, and whether channels work."""

from __future__ import annotations

from buck.alerts import deliver, ping
from buck.errors import ConfigError
from buck.flow.alerting import RUNS, open_incidents
from buck.flow.lake_access import open_lake
from buck.ledger import read_events
from buck.project import ALL, Project, alert_route, has_alerts, ping_url
from buck.records.alert import Delivery, Incident, Message

TEST = Message(
    incident="test",
    notice="opened",
    kind="warning",
    title="A test of this channel",
    facts=(("Nothing is wrong", "somebody asked whether alerts arrive, with buck alerts test"),),
)


def list_incidents(project: Project) -> list[Incident]:
    """Incidents that are open, or over and not told yet, oldest first."""
    return open_incidents(read_events(open_lake(project).storage, since_runs=RUNS))


def try_channels(project: Project, owner: str = "") -> list[Delivery]:
    """A message on every channel of an owner, and a ping; nothing is recorded.

    Raises:
        ConfigError: nothing is set up, or a variable is not set.
    """
    route = alert_route(project, owner, ALL)
    if not has_alerts(project) or not (route.channels or ping_url(project)):
        raise ConfigError(
            f"no channel is set up{f' for {owner}' if owner else ''}",
            hint="set orchestration.alerts.slack_webhook, or smtp_url and email, in .buck.yml",
        )
    told = [deliver(TEST, route, channel) for channel in route.channels]
    url = ping_url(project)
    return [*told, ping(url)] if url else told
