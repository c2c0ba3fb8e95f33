"""Connected apps, the token endpoint, and the sessions it hands out."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import jwt

from buck.sandbox.salesforce.refusals import ApiRefusalError, OAuthRefusalError

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ORG_ID = "00D000000000001EAA"
LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")

_ASSERTION_LIFE_S = 300
_SESSION_LIFE_S = 7200.0


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """An application that may ask for tokens; its secrets never show in a repr."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    username: str = "integration@sandbox.example"
    """The user that the app runs as, and the only one its JWTs may name."""
    public_key: str = field(default="", repr=False)
    """PEM of the public key or of the certificate that JWT bearer assertions are verified with."""
    refresh_token: str = field(default="", repr=False)


def make_app(*, public_key: str = "") -> ConnectedApp:
    """An app with an id and secrets of its own, new at every call."""
    return ConnectedApp(
        client_id=f"3MVG9{secrets.token_hex(16)}",
        client_secret=secrets.token_hex(32),
        public_key=public_key,
        refresh_token=f"5Aep{secrets.token_hex(24)}",
    )


@dataclass(slots=True)
class _Session:
    username: str
    ends_s: float
    uses_left: int | None


class Sessions:
    """The tokens in force. Thread safe."""

    def __init__(self, *, life_s: float = _SESSION_LIFE_S) -> None:
        self.life_s = life_s
        self._open: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def open(self, username: str, *, uses: int | None = None) -> str:
        """A new token, good for `uses` requests where given."""
        token = f"{ORG_ID[:15]}!{secrets.token_urlsafe(48)}"
        with self._lock:
            ends_s = time.monotonic() + self.life_s
            self._open[token] = _Session(username, ends_s, uses)
        return token

    def expire(self, authorization: str) -> None:
        """End the token of an `Authorization: Bearer …`."""
        with self._lock:
            self._open.pop(authorization.partition(" ")[2].strip(), None)

    def expire_all(self) -> None:
        """End every token handed out so far."""
        with self._lock:
            self._open.clear()

    def check(self, authorization: str) -> None:
        """Let a request pass with its `Authorization: Bearer …`.

        Raises:
            ApiRefusalError: 401 INVALID_SESSION_ID.
        """
        token = authorization.partition(" ")[2].strip()
        with self._lock:
            session = self._open.get(token)
            if session is not None and session.ends_s > time.monotonic():
                if session.uses_left is None:
                    return
                if session.uses_left > 0:
                    session.uses_left -= 1
                    return
            self._open.pop(token, None)
        raise ApiRefusalError(401, "INVALID_SESSION_ID", "Session expired or invalid")


class TokenEndpoint:
    """`/services/oauth2/token`: client credentials, JWT bearer and refresh tokens."""

    def __init__(
        self, apps: Sequence[ConnectedApp], sessions: Sessions, *, now: Callable[[], datetime]
    ) -> None:
        self._apps = {app.client_id: app for app in apps}
        self._sessions = sessions
        self._now = now

    def grant(
        self, form: Mapping[str, str], *, own_url: str, uses: int | None = None
    ) -> dict[str, Any]:
        """The token answer to a form.

        Args:
            form: The request's form.
            own_url: The org's address, told to the client.
            uses: How many requests the token is good for; None for no bound.

        Raises:
            OAuthRefusalError: invalid_client, invalid_grant, unsupported_grant_type, …
        """
        match form.get("grant_type", ""):
            case "client_credentials":
                app = self._app(form)
            case "refresh_token":
                app = self._app(form)
                if not _same(form.get("refresh_token", ""), app.refresh_token):
                    raise OAuthRefusalError("invalid_grant", "expired access/refresh token")
            case grant if grant == JWT_BEARER:
                app = self._asserted(form.get("assertion", ""), own_url=own_url)
            case "":
                raise OAuthRefusalError("unsupported_grant_type", "grant type not supported")
            case grant:
                # The username-password flow (grant_type=password) is retired, and so not here.
                raise OAuthRefusalError(
                    "unsupported_grant_type", f"grant type not supported: {grant}"
                )
        token = self._sessions.open(app.username, uses=uses)
        issued_ms = int(self._now().timestamp() * 1000)
        return {
            "access_token": token,
            "instance_url": own_url,
            "id": f"{own_url}/id/{ORG_ID}/005000000000001AAA",
            "token_type": "Bearer",
            "scope": "api",
            "issued_at": str(issued_ms),
            "signature": secrets.token_urlsafe(32),
        }

    def _app(self, form: Mapping[str, str]) -> ConnectedApp:
        app = self._apps.get(form.get("client_id", ""))
        if app is None:
            raise OAuthRefusalError("invalid_client_id", "client identifier invalid")
        if not _same(form.get("client_secret", ""), app.client_secret):
            raise OAuthRefusalError("invalid_client", "invalid client credentials")
        return app

    def _asserted(self, assertion: str, *, own_url: str) -> ConnectedApp:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise OAuthRefusalError("invalid_grant", "invalid assertion") from None
        app = self._apps.get(str(claims.get("iss", "")))
        if app is None or not app.public_key:
            raise OAuthRefusalError("invalid_client_id", "client identifier invalid")
        try:
            claims = jwt.decode(
                assertion,
                _verification_key(app.public_key),
                algorithms=["RS256"],
                audience=[own_url, f"{own_url}/services/oauth2/token", *LOGIN_HOSTS],
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "require": ["exp", "aud", "sub"],
                },
            )
        except jwt.InvalidAudienceError:
            raise OAuthRefusalError("invalid_grant", "audience is invalid") from None
        except jwt.PyJWTError:
            raise OAuthRefusalError("invalid_grant", "invalid assertion") from None
        self._check_expiry(claims["exp"])
        if claims["sub"] != app.username:
            raise OAuthRefusalError("invalid_grant", "user hasn't approved this consumer")
        return app

    def _check_expiry(self, ends_at: Any) -> None:
        # The company lives in its own time; clients that sign by the machine's clock pass as well.
        clocks = (self._now().timestamp(), time.time())
        if not isinstance(ends_at, int | float):
            raise OAuthRefusalError("invalid_grant", "invalid assertion")
        if not any(now < ends_at <= now + _ASSERTION_LIFE_S for now in clocks):
            raise OAuthRefusalError("invalid_grant", "expired authorization code or assertion")


def read_form(body: bytes) -> dict[str, str]:
    """A form as the token endpoint gets it."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _same(given: str, known: str) -> bool:
    return bool(known) and secrets.compare_digest(given.encode(), known.encode())


def _verification_key(pem: str) -> Any:
    if "BEGIN CERTIFICATE" not in pem:
        return pem
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem.encode()).public_key()
