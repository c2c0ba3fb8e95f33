"""Who asks: the Authorization header taken apart."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an Authorization header carries; `repr` does not show it."""

    scheme: Literal["basic", "bearer"]
    name: str = field(repr=False)
    """The bearer token, or the user name."""
    password: str = field(default="", repr=False)


def read_credentials(authorization: str | None) -> Credentials | None:
    """The credentials of a header, or None where it is absent or not understood."""
    scheme, _, value = (authorization or "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return Credentials("bearer", value)
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Credentials("basic", name, password)
