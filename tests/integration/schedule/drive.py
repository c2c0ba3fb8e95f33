"""A scheduler in a process of its own, on a clock that leaps: `drive.py ROOT START UNTIL [NAPS]`.

The clock stands still while a run goes on and leaps to the next thing to do otherwise. Where it
stands is kept in `ROOT/clock`, for whoever kills this process. NAPS, `START=HOURS,…`, are when the
machine sleeps.
"""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from buck.flow.schedule import Scheduler
from buck.project import open_project

FAKE = Path(__file__).with_name("fake_run.py")


class LeapingClock:
    def __init__(self, root, at, naps=()):
        self.file, self.at, self.naps = root / "clock", at, list(naps)
        self.is_busy = lambda: False

    def now(self):
        return self.at

    def wait(self, until, wake: Event):
        if self.is_busy():
            wake.wait(10)
            return
        self.at = max(self.at, until)
        if self.naps and self.naps[0][0] <= self.at:
            _, hours = self.naps.pop(0)
            self.at += timedelta(hours=hours)
        spare = self.file.with_suffix(".spare")
        spare.write_text(self.at.isoformat())
        spare.replace(self.file)


def fake_command(root, seconds=0.0):
    def command(pipeline, due_at):
        plain = [sys.executable, "-S", "-E", str(FAKE)]
        return [*plain, str(root), pipeline, due_at.isoformat(), str(seconds)]

    return command


def make_scheduler(root, clock, *, command=None, on_notice=lambda _: None):
    project = open_project(root)
    scheduler = Scheduler(
        project, clock=clock, command=command or fake_command(root), on_notice=on_notice
    )
    clock.is_busy = lambda: any(child.exit_code is None for child in scheduler._children)
    return scheduler


if __name__ == "__main__":
    root, start, until = Path(sys.argv[1]), *map(datetime.fromisoformat, sys.argv[2:4])
    naps = [nap.split("=") for nap in sys.argv[4].split(",")] if len(sys.argv) > 4 else []
    clock = LeapingClock(root, start, [(datetime.fromisoformat(a), float(h)) for a, h in naps])

    def tell(notice):
        seen = [notice.at.isoformat(), notice.pipeline, notice.status, notice.text]
        with (root / "notices").open("a") as file:
            file.write(json.dumps(seen) + "\n")

    make_scheduler(root, clock, on_notice=tell).run(until=until)
