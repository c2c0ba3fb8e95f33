"""What owners are told at the end of runs: once per incident, and whatever the channels do."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from buck.flow.alerting import Ending, tell
from buck.flow.checking import record_check
from buck.flow.lake_access import open_lake
from buck.flow.verdicts import save_report
from buck.ledger import RunRecorder, read_events
from buck.project import open_project
from buck.records.quality import Check, CheckResult, QualityReport
from buck.records.rows import FailingRows
from buck.records.run import Status

ALERTS = """
orchestration:
  alerts:
    slack_channel: "#data"
    email: data@shop.example
    slack_webhook: "{{ HOOK }}/all"
    smtp_url: "{{ SMTP }}"
    ping_url: "{{ HOOK }}/alive"
    max_per_hour: 6
    owners:
      sales: { slack_webhook: "{{ HOOK }}/sales", email: sales@shop.example }
data_quality:
"""
SECRETS = ("hook-secret", "p4ssw0rd")


def verdict(name: str, outcome: Any, owner: str = "finance") -> CheckResult:
    check = Check(name, "fct_payments", "finance", "soda", "uniqueness", owner=owner)
    rows = FailingRows.of(["charge_id"], [["ch_1"], ["ch_2"]])
    bad = outcome != "passed"
    return CheckResult(
        check, outcome, failures=2 if bad else 0, failing_rows=rows if bad else FailingRows()
    )


class Company:
    """Ends runs of one project, and sees what its ledger says."""

    def __init__(self, scratch: Any, sink: Any, mailbox: Any) -> None:
        scratch.edit(".buck.yml", "\ndata_quality:\n", ALERTS.replace("orchestration:\n", ""))
        text = (scratch.root / ".buck.yml").read_text()
        # The file has an orchestration section already; alerts go into it.
        start = text.index("  alerts:\n    slack_channel")
        section = text[start : text.index("\ndata_quality:", start) + 1]
        text = text.replace(section, "").replace(
            "orchestration:\n", f"orchestration:\n{section.rstrip()}\n"
        )
        (scratch.root / ".buck.yml").write_text(text)
        hook = f"{sink.url}/{SECRETS[0]}"
        smtp = f"smtp://bot:{SECRETS[1]}@127.0.0.1:{mailbox.port}"
        (scratch.root / ".env").write_text(f"HOOK={hook}\nSMTP={smtp}\n")
        self.scratch, self.sink, self.mailbox = scratch, sink, mailbox
        self.numbers = itertools.count(10)

    def end(
        self,
        *results: CheckResult,
        status: Status | None = None,
        error: str = "",
        late: str = "",
    ) -> Any:
        """One run that ends with these verdicts; what it recorded about alerts."""
        project = open_project(self.scratch.root)
        lake = open_lake(project)
        run_id = f"20260301T0000{next(self.numbers)}-aaaaaaaa"
        recorder = RunRecorder(lake.storage, run_id, pipeline="all")
        recorder.start(as_of="2026-03-01T00:00:00+00:00")
        report = None
        if results:
            report = QualityReport(datetime(2026, 3, 1, tzinfo=UTC), results, run_id=run_id)
            for result in results:
                record_check(recorder, result)
            save_report(project, report)
        ended = status or (Status.GATE_CLOSED if report and not report.passed else Status.OK)
        tell(project, recorder, Ending(ended, report, error=error, late=late))
        recorder.finish(ended)
        return [
            (e.status, e.facts["channel"], e.facts.get("error"))
            for e in read_events(lake.storage, run_id=run_id)
            if e.kind == "alert_sent"
        ]

    def heard(self) -> list[tuple[str, str]]:
        """Where and what Slack was told, oldest first."""
        return [
            (path.removeprefix(f"/{SECRETS[0]}"), payload["blocks"][0]["text"]["text"])
            for path, payload in self.sink.posts
        ]


@pytest.fixture
def company(project: Any, sink: Any, mailbox: Any) -> Company:
    return Company(project, sink, mailbox)


def test_an_incident_is_told_once_and_once_more_when_it_is_over(company: Company) -> None:
    bad = (verdict("twice", "failed"), verdict("less", "failed"), verdict("fine", "passed"))
    assert company.end(*bad) == [("ok", "slack", ""), ("ok", "email", ""), ("ok", "ping", "")]
    assert company.end(*bad) == [("ok", "ping", "")]
    good = (verdict("twice", "passed"), verdict("less", "passed"), verdict("fine", "passed"))
    assert [channel for _, channel, _ in company.end(*good)] == ["slack", "email", "ping"]
    assert company.end(*good) == [("ok", "ping", "")]
    title = "Gate closed: 2 checks failed on finance.fct_payments"
    assert company.heard() == [("/all", f"❌ {title}"), ("/all", f"✅ Recovered: {title}")]
    opened, over = company.mailbox.mails
    assert over["In-Reply-To"] == opened["Message-ID"]
    told = opened.get_content().replace("\r\n", "\n")
    for heading in ("Issue\n", "Cause\n", "State\n", "Readers\n", "Next\n"):
        assert heading in told
    assert "seen in 2 runs" in over.get_content()


def test_each_owner_hears_of_their_own(company: Company) -> None:
    company.end(verdict("a", "failed"), verdict("b", "failed", "sales"), verdict("c", "warned"))
    assert len(company.heard()) == 3
    assert set(company.heard()) == {
        ("/all", "❌ Gate closed: 1 check failed on finance.fct_payments"),
        ("/all", "⚠️ Data quality: 1 check warned on finance.fct_payments"),
        ("/sales", "❌ Gate closed: 1 check failed on finance.fct_payments"),
    }
    assert {mail["To"] for mail in company.mailbox.mails} == {
        "data@shop.example",
        "sales@shop.example",
    }


def test_warnings_can_be_left_out(company: Company) -> None:
    company.scratch.edit(".buck.yml", "on_warning: true", "on_warning: false")
    assert company.end(verdict("c", "warned")) == [("ok", "ping", "")]
    assert company.end(status=Status.DEGRADED) == [("ok", "ping", "")]


def test_a_channel_that_is_down_is_recorded_and_told_by_the_next_run(company: Company) -> None:
    company.sink.status = 500
    down = company.end(verdict("a", "failed"))
    assert down == [
        ("failed", "slack", "answered 500"),
        ("ok", "email", ""),
        ("failed", "ping", "answered 500"),
    ]
    company.sink.status = 200
    assert company.end(verdict("a", "failed")) == [("ok", "slack", ""), ("ok", "ping", "")]
    assert len(company.heard()) == 1
    assert len(company.mailbox.mails) == 1


def test_an_address_that_cannot_be_looked_up_changes_nothing(company: Company) -> None:
    (company.scratch.root / ".env").write_text("")
    (failed, ping) = company.end(verdict("a", "failed"))
    assert failed[0] == ping[0] == "failed"
    assert "needs the variable HOOK" in failed[2]


def test_more_than_the_share_of_an_hour_waits(company: Company) -> None:
    for number in range(8):
        company.end(*(verdict(f"check {n}", "failed") for n in range(number + 1)))
    assert len(company.heard()) == 6
    assert len(company.mailbox.mails) == 6
    last = company.end(*(verdict(f"check {n}", "failed") for n in range(8)))
    assert {status for status, channel, _ in last if channel != "ping"} == {"rate_limited"}


def test_what_is_open_is_known_from_the_lake_alone(company: Company) -> None:
    import shutil

    company.end(verdict("a", "failed"))
    shutil.rmtree(company.scratch.work)
    assert company.end(verdict("a", "failed")) == [("ok", "ping", "")]


def test_a_check_that_was_removed_is_over(company: Company) -> None:
    company.end(verdict("a", "failed"), verdict("b", "passed"))
    company.end(verdict("b", "passed"))
    assert company.heard()[-1][1].startswith("✅")


def test_no_secret_gets_into_the_ledger(company: Company) -> None:
    company.sink.status = 500
    company.end(verdict("a", "failed"))
    text = "".join(f.read_text() for f in company.scratch.lake.rglob("*.json*"))
    assert "alert_sent" in text
    assert not any(secret in text for secret in SECRETS)
    assert "data@shop.example" not in text


def test_a_run_that_fails_tells_its_owner_and_ends_as_it_would(company: Company) -> None:
    """No credentials: the run fails before it lands anything."""
    done = company.scratch.buck("run").expect(2)
    ((_, title),) = company.heard()
    assert title == "❌ all: the run failed"
    facts = json.dumps(company.sink.posts[0][1], ensure_ascii=False)
    assert "needs the variable" in facts
    assert "needs the variable" in done.err
    assert len(company.sink.pings) == 1
    company.end()
    assert company.heard()[-1][1] == "✅ Recovered: all: the run failed"


def test_nothing_is_sent_or_recorded_without_a_channel(project: Any) -> None:
    found = open_project(project.root)
    storage = open_lake(found).storage
    recorder = RunRecorder(storage, "20260301T000000-aaaaaaaa", pipeline="all")
    tell(found, recorder, Ending(Status.FAILED, error="no"))
    recorder.finish(Status.FAILED)
    assert [e.kind for e in read_events(storage)] == ["run_finished"]


def test_channels_can_be_tried_and_open_incidents_listed(company: Company) -> None:
    company.end(verdict("a", "failed"))
    (incident,) = company.scratch.buck("alerts", "list", "--json").expect(0).json
    assert (incident["owner"], incident["told"]) == ("finance", ["slack", "email"])
    done = company.scratch.buck("alerts", "test", "--owner", "sales").expect(0)
    assert [line.split()[1] for line in done.out.splitlines()] == ["slack", "email", "ping"]
    assert company.heard()[-1] == ("/sales", "⚠️ A test of this channel")


def test_a_late_run_is_told_once_and_so_is_the_next_in_time(company: Company) -> None:
    late = "the run ended 2h after it was due or began, and may take 1h"
    company.end(status=Status.OK, late=late)
    company.end(status=Status.OK, late=late)
    (told,) = company.heard()
    assert "all: the run was late" in told[1]
    assert late in json.dumps(company.sink.posts)
    company.end(status=Status.OK)
    assert "Recovered: all: the run was late" in company.heard()[1][1]


def test_a_late_run_whose_checks_warn_is_one_message(company: Company) -> None:
    company.end(verdict("few", "warned", owner=""), late="the run ended 2h after it was due")
    (told,) = company.heard()
    assert "1 check warned on finance.fct_payments" in told[1]
