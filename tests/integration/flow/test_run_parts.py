"""`buck pipeline step`: the parts of a run, started one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

STEP = ("pipeline", "step", "customer_360")


def test_parts_give_what_a_run_gives_as_of_their_own_time(
    early: Any, published: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(early)
    now = datetime.fromisoformat(project.sandbox_variables()["BUCK_AS_OF"])
    yesterday = (now - timedelta(days=1)).isoformat()
    for source in ("stripe", "salesforce", "app"):
        project.buck(*STEP, "land", source).expect(0)
    project.buck(*STEP, "build", "--as-of", yesterday).expect(0)
    told = project.buck(*STEP, "publish", "--json").expect(0).json
    assert (told["models_built"], told["as_of"], told["snapshot"]) == (0, yesterday, "000002")
    # The same build is not published twice: a day later its day is over.
    told = project.buck(*STEP, "publish", "--json").expect(0).json
    assert (told["as_of"], told["snapshot"]) == (now.isoformat(), "000003")
    assert project.facts() == published.facts()
