"""The channels. What goes wrong in one is an answer, never an error."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from buck.records.alert import Channel, Delivery, Message, Route

PATIENCE_S: Final = 5.0
MARKS: Final = {"failure": "❌", "warning": "⚠️"}
SLACK_TITLE, SLACK_TEXT = 150, 2900


def deliver(message: Message, route: Route, channel: Channel) -> Delivery:
    """Tell one message on one channel, and say whether it arrived; waits 5 s at most a step."""
    if channel == "slack":
        return _attempt("slack", lambda: _post(route.slack_webhook, slack_payload(message, route)))
    return _attempt("email", lambda: _mail(message, route))


def ping(url: str) -> Delivery:
    """Tell a dead man's switch that the scheduler is alive.

    The service behind the address raises the alarm when this stops coming.
    """

    def knock() -> None:
        import httpx

        httpx.get(url, timeout=PATIENCE_S).raise_for_status()

    return _attempt("ping", knock)


def slack_payload(message: Message, route: Route) -> dict[str, Any]:
    """What an incoming webhook takes: a text for the telephone's lock screen, and blocks."""
    title = headline(message)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:SLACK_TITLE]}}
    ]
    for heading, text in message.facts:
        told = f"*{heading}*\n{_slack_text(text)}"[:SLACK_TEXT]
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": told}})
    first = message.facts[0][1] if message.facts else ""
    payload: dict[str, Any] = {
        "text": _slack_text(f"{title}. {first}" if first else title)[:SLACK_TEXT],
        "blocks": blocks,
    }
    return payload | ({"channel": route.slack_channel} if route.slack_channel else {})


def mail(message: Message, route: Route) -> EmailMessage:
    """The message as a plain e-mail; a recovery answers the mail that opened the incident."""
    made = EmailMessage()
    made["Subject"] = " ".join(headline(message).split())
    made["From"] = route.sender
    made["To"] = ", ".join(route.emails)
    made["Auto-Submitted"] = "auto-generated"
    opening = f"<{message.incident}.opened@buck>"
    if message.notice == "opened":
        made["Message-ID"] = opening
    else:
        made["Message-ID"] = f"<{message.incident}.recovered@buck>"
        made["In-Reply-To"] = opening
        made["References"] = opening
    made.set_content("\n\n".join(f"{h}\n{t}" for h, t in message.facts) + "\n")
    return made


def headline(message: Message) -> str:
    """The title with a sign that says at a glance what kind of news it is."""
    sign = "✅" if message.notice == "recovered" else MARKS[message.kind]
    return f"{sign} {message.title}"


def _post(url: str, payload: dict[str, Any]) -> None:
    import httpx

    httpx.post(url, json=payload, timeout=PATIENCE_S).raise_for_status()


def _mail(message: Message, route: Route) -> None:
    """`smtp://` upgrades to TLS where the server offers it; `smtps://` is TLS from the start.

    A password is only given to a server over TLS, or on this machine.
    """
    at = urlsplit(route.smtp_url)
    host = at.hostname or ""
    if at.scheme not in ("smtp", "smtps") or not host:
        raise ValueError("not an SMTP address")
    context = ssl.create_default_context()
    if at.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, at.port or 465, timeout=PATIENCE_S, context=context
        )
    else:
        server = smtplib.SMTP(host, at.port or 25, timeout=PATIENCE_S)
    with server:
        server.ehlo()
        is_safe = at.scheme == "smtps" or host in ("localhost", "127.0.0.1", "::1")
        if at.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            is_safe = True
        if at.username:
            if not is_safe:
                raise ValueError("the server offers no TLS, so it gets no password")
            server.login(unquote(at.username), unquote(at.password or ""))
        server.send_message(mail(message, route))


def _attempt(channel: Channel, act: Callable[[], None]) -> Delivery:
    import httpx

    try:
        act()
    except httpx.HTTPStatusError as exc:
        return Delivery(channel, "failed", f"answered {exc.response.status_code}")
    except smtplib.SMTPResponseException as exc:
        return Delivery(channel, "failed", f"{type(exc).__name__} {exc.smtp_code}")
    except (httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException, OSError) as exc:
        # Their texts may hold the address, which is a secret.
        return Delivery(channel, "failed", type(exc).__name__)
    except ValueError as exc:
        return Delivery(channel, "failed", str(exc) if "://" not in str(exc) else "bad address")
    return Delivery(channel, "ok")


def _slack_text(text: str) -> str:
    """Slack reads &, < and > as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
