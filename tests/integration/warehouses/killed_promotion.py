"""Promotes the project of a folder and dies on the way, at the step that KILL_AT names."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from buck.flow import promoting
from buck.flow.promoting import PromoteOptions, promote
from buck.project import open_project
from buck.warehouses.postgres_promotions import PostgresPromotions

AT = os.environ["KILL_AT"]


def die() -> None:
    """As `kill -9` does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Any, *, on_call: int = 1, before: bool = False) -> Any:
    """The function, after (or before) whose call the process ends."""
    calls = 0

    def call(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == on_call:
            die()
        answer = function(*args, **options)
        if calls == on_call:
            die()
        return answer

    return call


if AT == "load":
    PostgresPromotions.load = dying(PostgresPromotions.load, on_call=7)  # type: ignore[method-assign]
elif AT == "build":
    promoting._Promoting._build = dying(promoting._Promoting._build, before=True)  # type: ignore[method-assign]
elif AT == "prove":
    promoting.prove_marts = dying(promoting.prove_marts)
elif AT == "publish":
    PostgresPromotions._show = dying(PostgresPromotions._show)  # type: ignore[method-assign]
elif AT == "published":
    PostgresPromotions.publish = dying(PostgresPromotions.publish)  # type: ignore[method-assign]

promote(open_project(Path(sys.argv[1])), "postgres", PromoteOptions())
