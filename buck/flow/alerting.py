"""Telling owners at the end of a run what went wrong, once, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from buck.alerts import Standing, advance, deliver, held_back, ping
from buck.errors import BuckError
from buck.flow.investigation import Investigation, sort_cards
from buck.flow.lake_access import open_lake
from buck.flow.verdicts import BAD
from buck.ledger import RunRecorder, read_events
from buck.names import TableRef
from buck.project import Project, alert_route, has_alerts, ping_url
from buck.records.alert import Channel, Delivery, Incident, Message, Route
from buck.records.check_card import CheckCard
from buck.records.freshness import duration_text
from buck.records.quality import QualityReport
from buck.records.run import Event, Status

RUNS = 25
"""Runs looked through for the incidents that are open; every run that ended records them."""
EXPLAINED = 4
CAUSES = 2
NAMED = 5
LATE = "late:"
"""Begins the subject of a run that missed its pipeline's SLA."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run is about to end."""

    status: Status
    report: QualityReport | None = None
    is_complete: bool = True
    """Whether every check was put, not only those of a selection."""
    error: str = ""
    hint: str = ""
    late: str = ""
    """By how much it missed the pipeline's SLA, in words; empty if it did not."""


def tell(project: Project, recorder: RunRecorder, ending: Ending) -> None:
    """Send what a run's end gives reason for, and record what was sent and what is open.

    Whatever goes wrong here is recorded and told again by the next run; the run's outcome stays
    what it is.
    """
    if not has_alerts(project):
        return
    try:
        recorder.flush()
        events = read_events(open_lake(project).storage, since_runs=RUNS)
        _Teller(project, recorder, ending, events).tell()
    except Exception as exc:  # noqa: BLE001  no message is worth a verdict; the ledger keeps why
        what = exc.what if isinstance(exc, BuckError) else type(exc).__name__
        recorder.add("alert_sent", "failed", channel="", error=what)


class _Teller:
    """One run's notices."""

    def __init__(
        self, project: Project, recorder: RunRecorder, ending: Ending, events: Sequence[Event]
    ) -> None:
        self.project = project
        self.recorder = recorder
        self.ending = ending
        self.at = datetime.now(UTC)
        self._before = open_incidents(events)
        self._sent: dict[str, list[datetime]] = {}
        for event in events:
            if event.kind == "alert_sent" and event.status == "ok":
                self._sent.setdefault(str(event.facts["channel"]), []).append(event.at)

    def tell(self) -> None:
        incidents = advance(
            self._before,
            list(self._wrong()),
            self._judged(),
            pipeline=self.recorder.pipeline,
            run_id=self.recorder.run_id,
            at=self.at,
        )
        left = [told for incident in incidents if (told := self._notify(incident)) is not None]
        self.recorder.add("alerts", open=[incident.to_dict() for incident in left])
        self._ping()
        self.recorder.flush()

    def _wrong(self) -> Iterator[Standing]:
        told = self.project.settings.data_quality.alerts
        ending, owner = self.ending, self._owner()
        subject = f"run:{self.recorder.pipeline}"
        if ending.status == Status.FAILED and told.on_failure:
            yield Standing(subject, "failure", owner)
        if ending.status == Status.DEGRADED and told.on_warning:
            yield Standing(subject, "warning", owner)
        if ending.late and told.on_warning:
            yield Standing(f"{LATE}{self.recorder.pipeline}", "warning", owner)
        for result in ending.report.results if ending.report else ():
            if result.is_blocking and told.on_failure:
                yield Standing(result.check.id, "failure", result.check.owner or owner)
            elif result.outcome == "warned" and told.on_warning:
                yield Standing(result.check.id, "warning", result.check.owner or owner)

    def _judged(self) -> set[str]:
        judged = {f"run:{self.recorder.pipeline}", f"{LATE}{self.recorder.pipeline}"}
        if self.ending.report is None:
            return judged
        judged |= {r.check.id for r in self.ending.report.results}
        if self.ending.is_complete:
            # A check that is no longer there cannot be wrong.
            others = ("run:", LATE)
            judged |= {s for i in self._before for s in i.subjects if not s.startswith(others)}
        return judged

    def _owner(self) -> str:
        pipeline = self.project.pipelines.get(self.recorder.pipeline)
        return (pipeline.owner if pipeline else None) or ""

    def _notify(self, incident: Incident) -> Incident | None:
        """The incident with what has been told; None once there is nothing left to tell."""
        try:
            route = alert_route(self.project, incident.owner, incident.pipeline)
        except BuckError as exc:
            self._record(incident, "opened", Delivery("slack", "failed", exc.what))
            return incident
        if incident.recovered_at:
            return self._tell_recovery(incident, route)
        waiting = [c for c in route.channels if c not in incident.told]
        if not waiting:
            return incident
        message = self._describe(incident)
        done = tuple(c for c in waiting if self._send(message, route, c))
        return replace(incident, title=message.title, told=(*incident.told, *done))

    def _tell_recovery(self, incident: Incident, route: Route) -> Incident | None:
        message = _recovery(incident)
        missing = tuple(
            c for c in route.channels if c in incident.told and not self._send(message, route, c)
        )
        return replace(incident, told=missing) if missing else None

    def _send(self, message: Message, route: Route, channel: Channel) -> bool:
        limit = self.project.settings.orchestration.alerts.max_per_hour
        if channel in held_back(self._sent, at=self.at, limit=limit):
            delivery = Delivery(channel, "rate_limited", f"{limit} were sent within the hour")
        else:
            delivery = deliver(message, route, channel)
        if delivery.status == "ok":
            self._sent.setdefault(channel, []).append(self.at)
        self._record(message, message.notice, delivery)
        return delivery.status == "ok"

    def _record(self, about: Incident | Message, notice: str, delivery: Delivery) -> None:
        self.recorder.add(
            "alert_sent",
            delivery.status,
            channel=delivery.channel,
            incident=about.id if isinstance(about, Incident) else about.incident,
            notice=notice,
            title=about.title,
            error=delivery.error,
        )

    def _ping(self) -> None:
        try:
            url = ping_url(self.project)
            done = ping(url) if url else None
        except BuckError as exc:
            done = Delivery("ping", "failed", exc.what)
        if done is not None:
            self.recorder.add("alert_sent", done.status, channel="ping", error=done.error)

    def _describe(self, incident: Incident) -> Message:
        facts: list[tuple[str, str]]
        if incident.subjects[0].startswith("run:"):
            title = f"{incident.pipeline}: the run {str(self.ending.status).replace('_', ' ')}"
            told = (
                ("Error", self.ending.error or "some tables were not landed"),
                ("Next", self.ending.hint or "buck pipeline status"),
            )
            facts = [(heading, text) for heading, text in told if text]
        elif all(subject.startswith(LATE) for subject in incident.subjects):
            title = f"{incident.pipeline}: the run was late"
            told = (("SLA", self.ending.late), ("Next", f"buck pipeline logs {incident.pipeline}"))
            facts = [(heading, text) for heading, text in told if text]
        else:
            title = _title(incident)
            try:
                facts = list(self._facts(incident))
            except BuckError as exc:
                facts = [("Checks", _names(incident.subjects)), ("Note", exc.what)]
        facts.append(("Run", f"{self.recorder.run_id} of {self.recorder.pipeline}"))
        return Message(incident.id, "opened", incident.kind, title, tuple(facts))

    def _facts(self, incident: Incident) -> Iterator[tuple[str, str]]:
        """The short form of the most telling cards, one for each cause."""
        cards = self._cards(incident)
        causes: dict[str, CheckCard] = {}
        for card in cards:
            causes.setdefault(card.cause.text, card)
        shown = list(causes.values())[:CAUSES]
        for card in shown:
            short = card.short()
            for heading in ("Issue", "Table", "Impact", "Cause"):
                if heading in short:
                    yield heading, short[heading]
        others = [s for s in incident.subjects if s not in {c.check for c in shown}]
        if others:
            yield "Also", _names(others)
        for heading in ("State", "Readers", "Next"):
            if shown and heading in shown[0].short():
                yield heading, shown[0].short()[heading]

    def _cards(self, incident: Incident) -> list[CheckCard]:
        with Investigation(self.project, self.recorder.run_id) as found:
            bad = [
                r
                for r in found.report.results
                if r.check.id in incident.subjects and r.outcome in BAD
            ]
            # One of each dimension first: those of one dimension mostly have one cause.
            first = {r.check.dimension: r for r in reversed(bad)}
            bad.sort(key=lambda r: first[r.check.dimension] is not r)
            return sort_cards([found.explain(result) for result in bad[:EXPLAINED]])


def open_incidents(events: Sequence[Event]) -> list[Incident]:
    """What the newest of these runs that ended left open, or over and untold."""
    for event in reversed(events):
        if event.kind == "alerts":
            return [Incident.from_dict(held) for held in event.facts.get("open", ())]
    return []


def _names(checks: Sequence[str]) -> str:
    more = f" and {len(checks) - NAMED} more" if len(checks) > NAMED else ""
    return "; ".join(c.split(":", 2)[-1] for c in checks[:NAMED]) + more


def _title(incident: Incident) -> str:
    checked = [s for s in incident.subjects if not s.startswith(LATE)]
    tables = list(dict.fromkeys(s.split(":", 2)[1] for s in checked))
    count = len(checked)
    checks = f"{count} check{'' if count == 1 else 's'}"
    verb = "failed" if incident.kind == "failure" else "warned"
    names = ", ".join(str(TableRef.parse(t)) for t in tables[:2])
    more = f" and {len(tables) - 2} more" if len(tables) > 2 else ""
    word = "Gate closed" if incident.kind == "failure" else "Data quality"
    return f"{word}: {checks} {verb} on {names}{more}"


def _recovery(incident: Incident) -> Message:
    opened = datetime.fromisoformat(incident.opened_at)
    over = datetime.fromisoformat(incident.recovered_at)
    lasted = duration_text(max(0, int((over - opened).total_seconds())))
    runs = f"{incident.runs} run{'' if incident.runs == 1 else 's'}"
    facts = (("Recovered", f"after {lasted}, seen in {runs}"), ("Was", incident.title))
    return Message(incident.id, "recovered", incident.kind, f"Recovered: {incident.title}", facts)
