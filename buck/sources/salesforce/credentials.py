"""Who asks, and the form that a token is asked for with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from buck.errors import ConfigError

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(seconds=180)
RETIREMENT = (
    "a password is no way in: Salesforce retires SOAP login() with Summer '27, and the OAuth "
    "username-password flow with it"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A connected app with a secret (client credentials) or a private key (JWT bearer).

    User name and password are not among the choices: Salesforce is retiring them.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    """PEM of the RSA key whose certificate the connected app holds."""
    username: str | None = None
    """The user to act as, for JWT bearer."""
    audience: str | None = None
    """What an assertion is addressed to; the login address where it is None."""

    def __post_init__(self) -> None:
        if bool(self.client_secret) == bool(self.private_key):
            given = "both" if self.client_secret else "neither"
            raise ConfigError(
                f"salesforce needs a client secret or a private key, {given} was given",
                hint="set client_secret, or private_key and username; " + RETIREMENT,
            )
        if self.private_key and not self.username:
            raise ConfigError(
                "salesforce was given a private key and no username",
                hint="name the user to act as in `username`",
            )

    def form(self, *, audience: str, now_at: datetime) -> dict[str, str]:
        """The form for the token endpoint.

        Args:
            audience: The login address, named in the assertion unless the credentials say another.
            now_at: The server's own time: an assertion made by a wrong clock is refused.
        """
        if self.private_key is None:
            return {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret or "",
            }
        assertion = self._assertion(self.audience or audience, now_at)
        return {"grant_type": JWT_BEARER, "assertion": assertion}

    def _assertion(self, audience: str, now_at: datetime) -> str:
        import jwt

        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": audience,
            "exp": int((now_at + _ASSERTION_LIFE).timestamp()),
        }
        try:
            return jwt.encode(claims, self.private_key or "", algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            # The library's text may quote the key, so it stays out of the message.
            raise ConfigError(
                "salesforce's private key is not an RSA key in PEM form",
                hint="give the key's text, -----BEGIN PRIVATE KEY----- and all, or its file in "
                "private_key_file",
            ) from exc


def refuse_password(password: str | None) -> None:
    """Refuse the flow with user name and password, whatever they are.

    Raises:
        ConfigError: a password was given.
    """
    if password is not None:
        raise ConfigError(
            "salesforce was given a password, a way to log in that is being retired",
            hint="use client_secret, or private_key and username; " + RETIREMENT,
        )


def read_private_key(private_key: str | None, file: str | Path | None) -> str | None:
    """The PEM that was given as such or by the name of its file.

    Raises:
        ConfigError: both were given, or the file cannot be read.
    """
    if file is None:
        return private_key
    if private_key:
        raise ConfigError(
            "salesforce was given private_key and private_key_file", hint="set one of the two"
        )
    try:
        return Path(file).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigError(
            f"salesforce's private key {str(file)!r} cannot be read: {reason}",
            hint="check private_key_file; it holds a PEM that only its owner may read",
        ) from exc
