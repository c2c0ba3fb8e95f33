"""What a sandbox is: enough to bring exactly the same servers back after any end."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from buck.errors import SandboxError
from buck.sandbox.company.calendar import day_start
from buck.sandbox.supervisor.folder import write_private

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Step:
    """A spoiling or healing: the company's data at fault on purpose from then on, or no longer."""

    action: Literal["spoil", "heal"]
    kind: str
    """Empty for a healing, which heals everything."""
    day: int
    minute: int
    """When it happens."""

    @property
    def at(self) -> datetime:
        """When it happens, in simulated time."""
        return day_start(self.day) + timedelta(minutes=self.minute)


@dataclass(frozen=True, slots=True)
class SandboxState:
    """The company's make-up and present, and the credentials of its servers."""

    seed: int
    customers: int
    days: int
    """Whole days of history."""
    minutes: int = 0
    """Minutes into the present day; each spoiling and healing takes about an hour."""
    steps: tuple[Step, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    """By server; asked for again at the next start."""
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)
    postgres_password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    stripe_key: str = field(
        default_factory=lambda: f"rk_live_sandbox{secrets.token_hex(12)}", repr=False
    )
    salesforce_client_id: str = field(
        default_factory=lambda: f"3MVG9sandbox{secrets.token_hex(16)}", repr=False
    )
    salesforce_client_secret: str = field(
        default_factory=lambda: secrets.token_hex(32).upper(), repr=False
    )
    pid: int | None = None

    @property
    def now_at(self) -> datetime:
        """The simulated present."""
        return day_start(self.days) + timedelta(minutes=self.minutes)

    @property
    def spoils(self) -> tuple[str, ...]:
        """The kinds of spoiling that no healing has followed."""
        return tuple(step.kind for step in find_unhealed(self.steps))

    def advanced(self, days: int) -> SandboxState:
        """The same company, whole days later: at midnight again."""
        return replace(self, days=self.days + days, minutes=0)

    def stepped(self, step: Step, *, now_at: datetime) -> SandboxState:
        """The same company later on the same day, spoilt or healed in between."""
        minutes = (now_at - day_start(self.days)) // timedelta(minutes=1)
        return replace(self, minutes=minutes, steps=(*self.steps, step))

    def save(self, path: Path) -> None:
        """Replace the file in one step."""
        write_private(path, {"format": FORMAT, **asdict(self)})


def find_unhealed(steps: Sequence[Step]) -> Sequence[Step]:
    """The spoilings that no healing has followed."""
    healed = max((n for n, step in enumerate(steps) if step.action == "heal"), default=-1)
    return steps[healed + 1 :]


def load_state(path: Path) -> SandboxState | None:
    """The state in the file, or None when there is no such file.

    Raises:
        SandboxError: the file is damaged or of another format.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = content.pop("format", None)
        if found != FORMAT:
            raise SandboxError(
                f"{path} has format {found!r}, this version of Buck reads {FORMAT}",
                hint=f"remove {path.parent} and start the sandbox again",
            )
        steps = tuple(Step(**step) for step in content.pop("steps"))
        return SandboxState(**content, steps=steps)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SandboxError(
            f"{path} is damaged: {exc}", hint=f"remove {path.parent} and start the sandbox again"
        ) from exc
    except OSError as exc:
        raise SandboxError(
            f"{path} cannot be read: {exc}", hint="use the sandbox as the user who started it"
        ) from exc
