"""What every section of `.buck.yml` is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def is_duration(text: str) -> bool:
    """Whether a text is a length of time such as `2h`."""
    return re.fullmatch(r"\d+\s*[smhd]", text) is not None


def _is_duration(value: str) -> str:
    if not is_duration(value):
        raise ValueError("a duration is a number and a unit, such as 30m, 2h or 1d")
    return value


Duration = Annotated[str, AfterValidator(_is_duration)]


def duration_s(text: str) -> int:
    """Seconds of a duration such as `2h`."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


SECRET = re.compile(
    r"(^|_)key(_id)?$|secret|token|passw|credential|private|webhook|(^|_)(url|uri|dsn)$",
    re.IGNORECASE,
)


def is_secret(path: Sequence[str]) -> bool:
    """Whether the value of a key may be a secret, so that it is never shown.

    Secrets belong into variables; this is for those that were written into the file or given as
    `BUCK__…` all the same.
    """
    return bool(path) and (
        path[-1] == "options" or "headers" in path or bool(SECRET.search(path[-1]))
    )


class Section(BaseModel):
    """A section refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
