"""Where an owner's news goes, with the addresses looked up."""

from __future__ import annotations

from buck.project.project import Project
from buck.project.references import resolve
from buck.records.alert import Route


def alert_route(project: Project, owner: str, pipeline: str) -> Route:
    """The owner's own places, else the pipeline's, else everybody's.

    Raises:
        ConfigError: a variable that an address refers to is not set.
    """
    alerts = project.settings.orchestration.alerts
    own = alerts.owners.get(owner)
    named = project.pipelines.get(pipeline)
    of_pipeline = named.alerts if named else None

    def choose(key: str) -> str:
        places = ((f"owners.{owner}.{key}", own), ("", of_pipeline), (key, alerts))
        for path, place in places:
            value = getattr(place, key, None)
            if value:
                where = f"orchestration.alerts.{path}" if path else f"pipelines.{pipeline}.alerts"
                return str(resolve(value, project.variables, path=where))
        return ""

    emails = (address.strip() for address in choose("email").split(","))
    return Route(
        slack_webhook=choose("slack_webhook"),
        slack_channel=choose("slack_channel"),
        smtp_url=choose("smtp_url"),
        sender=alerts.sender,
        emails=tuple(address for address in emails if address),
    )


def ping_url(project: Project) -> str:
    """The dead man's switch; empty if there is none.

    Raises:
        ConfigError: a variable that the address refers to is not set.
    """
    url = project.settings.orchestration.alerts.ping_url
    return str(resolve(url, project.variables, path="orchestration.alerts.ping_url"))


def has_alerts(project: Project) -> bool:
    """Whether anything is set up to be told anywhere."""
    alerts = project.settings.orchestration.alerts
    owners = any(own.slack_webhook for own in alerts.owners.values())
    return bool(alerts.slack_webhook or alerts.smtp_url or alerts.ping_url or owners)
