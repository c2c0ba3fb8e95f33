"""How to reach a bucket."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class S3Access:
    """Keys and address of an S3 server. Secrets stay out of `repr`."""

    region: str = "us-east-1"
    endpoint: str = ""
    """Scheme, host and port of a server that is not AWS; empty for AWS."""
    key_id: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
