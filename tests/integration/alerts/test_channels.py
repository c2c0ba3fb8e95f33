"""What arrives at a real chat hook and a real mail server, and what is said when nothing does."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from buck.alerts import deliver, ping
from buck.records.alert import Message, Route

FACTS = (
    ("Issue", "No payment is charged twice: 24 rows"),
    ("Impact", "revenue over-counted by CAD 3,238.68, EUR 1,089.34"),
    ("Cause", "a <repeated> webhook & more"),
)
OPENED = Message("abc123", "opened", "failure", "Gate closed: 7 checks\nBcc: x@y.example", FACTS)
OVER = Message("abc123", "recovered", "failure", "Recovered: gate closed", FACTS[:1])


def test_a_chat_gets_a_headline_and_short_blocks(sink: Any) -> None:
    route = Route(slack_webhook=f"{sink.url}/hook", slack_channel="#data-alerts")
    assert deliver(OPENED, route, "slack").status == "ok"
    ((path, payload),) = sink.posts
    assert path == "/hook"
    assert payload["channel"] == "#data-alerts"
    assert payload["text"].startswith("❌ Gate closed: 7 checks")
    head, *sections = payload["blocks"]
    assert head["type"] == "header"
    assert sections[1]["text"]["text"].startswith("*Impact*\nrevenue over-counted")
    assert "a &lt;repeated&gt; webhook &amp; more" in sections[2]["text"]["text"]


def test_a_mail_is_plain_and_its_recovery_answers_it(mailbox: Any) -> None:
    route = Route(
        smtp_url=f"smtp://bot:p%40ss@127.0.0.1:{mailbox.port}",
        sender="buck@shop.example",
        emails=("ann@shop.example", "bob@shop.example"),
    )
    assert deliver(OPENED, route, "email").status == "ok"
    assert deliver(OVER, route, "email").status == "ok"
    opened, over = mailbox.mails
    assert opened["Subject"] == "❌ Gate closed: 7 checks Bcc: x@y.example"
    assert opened["Bcc"] is None
    assert opened["To"] == "ann@shop.example, bob@shop.example"
    assert opened["Auto-Submitted"] == "auto-generated"
    told = opened.get_content().replace("\r\n", "\n")
    assert "Impact\nrevenue over-counted by CAD 3,238.68" in told
    assert over["In-Reply-To"] == opened["Message-ID"]
    assert over["Subject"].startswith("✅ Recovered")
    assert mailbox.logins[0] == ("bot", "p@ss")


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_refusal_is_an_answer_with_its_number(sink: Any, status: int) -> None:
    sink.status = status
    told = deliver(OPENED, Route(slack_webhook=f"{sink.url}/secret-hook"), "slack")
    assert (told.status, told.error) == ("failed", f"answered {status}")
    assert ping(f"{sink.url}/secret").error == f"answered {status}"


def test_silence_is_an_answer_that_gives_no_address_away() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    route = Route(
        slack_webhook=f"http://127.0.0.1:{port}/secret-hook",
        smtp_url=f"smtp://bot:secret@127.0.0.1:{port}",
        emails=("ann@shop.example",),
    )
    told = [deliver(OPENED, route, "slack"), deliver(OPENED, route, "email")]
    told.append(deliver(OPENED, Route(slack_webhook="nonsense://secret"), "slack"))
    told.append(deliver(OPENED, Route(slack_webhook="http://[::secret"), "slack"))
    told.append(deliver(OPENED, Route(smtp_url="ftp://secret", emails=("a@b.example",)), "email"))
    told.append(ping(f"http://127.0.0.1:{port}/secret"))
    assert {d.status for d in told} == {"failed"}
    assert all(d.error and "secret" not in d.error for d in told)


def test_the_dead_mans_switch_is_pressed(sink: Any) -> None:
    assert ping(f"{sink.url}/alive").status == "ok"
    assert sink.pings == ["/alive"]


def test_an_address_is_not_shown() -> None:
    route = Route(slack_webhook="https://hooks.example/secret", smtp_url="smtp://u:secret@h")
    assert "secret" not in repr(route)
