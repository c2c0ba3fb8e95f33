"""API keys: which mode a request sees, and what it may not."""

from __future__ import annotations

import re
from http import HTTPStatus

from buck.sandbox.http import Request, read_credentials
from buck.sandbox.stripe.problems import Refusal

_KEY = re.compile(r"(rk|sk)_(live|test)_[A-Za-z0-9]{8,}")


def read_key(request: Request, *, keys: frozenset[str] | None, expired: bool) -> str:
    """The request's API key, checked.

    Args:
        request: Carries the key as a bearer token or as the user of basic authorisation.
        keys: The keys that are good; None takes any well-formed one.
        expired: Whether every key has run out.

    Raises:
        Refusal: 401 in Stripe's words.
    """
    credentials = read_credentials(request.headers.get("authorization"))
    if credentials is None or not credentials.name:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    key = credentials.name
    if expired:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            f"Expired API Key provided: {mask(key)}",
            code="api_key_expired",
        )
    if not _KEY.fullmatch(key) or (keys is not None and key not in keys):
        raise Refusal(HTTPStatus.UNAUTHORIZED, f"Invalid API Key provided: {mask(key)}")
    return key


def is_live(key: str) -> bool:
    """Whether a key sees live objects; a test key sees only test ones."""
    return key.split("_", 2)[1] == "live"


def mask(key: str) -> str:
    """A key as messages may show it."""
    prefix = key[: key.rfind("_") + 1][:8]
    return f"{prefix}{'*' * 8}{key[-4:]}" if len(key) > len(prefix) + 4 else "*" * 8


def denied(key: str, account: str, permission: str) -> Refusal:
    """A restricted key lacks a permission."""
    return Refusal(
        HTTPStatus.FORBIDDEN,
        f"The provided key '{mask(key)}' does not have the required permissions for this endpoint "
        f"on account '{account}'. Having the '{permission}' permission would allow this request "
        "to continue.",
    )
