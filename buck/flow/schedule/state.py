"""How far the scheduler has decided, kept on this machine so that a killed one is succeeded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

FILE = "schedule/state.json"


@dataclass(slots=True)
class PipelineState:
    """One pipeline: everything up to `decided_to` is decided; `under_way` are runs not over."""

    decided_to: datetime
    under_way: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Every scheduled pipeline's state, and when the scheduler last looked."""

    pipelines: dict[str, PipelineState] = field(default_factory=dict)
    looked_at: datetime | None = None


def read_state(work: Path) -> State:
    """What the last scheduler wrote; nothing if there was none."""
    try:
        held = json.loads((work / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Half a file is what a machine that lost its power may leave: the schedule begins anew.
        return State()
    return State(
        pipelines={
            name: PipelineState(
                datetime.fromisoformat(one["decided_to"]),
                [datetime.fromisoformat(at) for at in one["under_way"]],
            )
            for name, one in held["pipelines"].items()
        },
        looked_at=datetime.fromisoformat(held["looked_at"]),
    )


def write_state(work: Path, state: State) -> None:
    """Replace the state in one step."""
    file = work / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "looked_at": state.looked_at.isoformat() if state.looked_at else None,
        "pipelines": {
            name: {
                "decided_to": one.decided_to.isoformat(),
                "under_way": [at.isoformat() for at in one.under_way],
            }
            for name, one in state.pipelines.items()
        },
    }
    spare = file.with_suffix(".spare")
    spare.write_text(json.dumps(content), encoding="utf-8")
    spare.replace(file)
