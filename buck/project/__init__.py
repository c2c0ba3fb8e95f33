"""`.buck.yml` and the environment, as one frozen value."""

from buck.project.cron import due_times, next_run_at
from buck.project.document import read_lines
from buck.project.lake_settings import Retention
from buck.project.loading import FILE
from buck.project.notices import Notice
from buck.project.project import ALL, Project, open_project
from buck.project.references import REFERENCE, resolve
from buck.project.routing import alert_route, has_alerts, ping_url
from buck.project.sections import duration_s, is_duration, is_secret
from buck.project.settings import Pipeline, Retries, Schedule, Settings, Source
from buck.project.validating import find_faults
from buck.project.variables import export, variable_origin, wants_colour

__all__ = [
    "ALL",
    "FILE",
    "REFERENCE",
    "Notice",
    "Pipeline",
    "Project",
    "Retention",
    "Retries",
    "Schedule",
    "Settings",
    "Source",
    "alert_route",
    "due_times",
    "duration_s",
    "export",
    "find_faults",
    "has_alerts",
    "is_duration",
    "is_secret",
    "next_run_at",
    "open_project",
    "ping_url",
    "read_lines",
    "resolve",
    "variable_origin",
    "wants_colour",
]
