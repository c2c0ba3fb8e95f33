"""The project's lock: whoever waits is told once for whom, and never for nobody."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

import pytest

from buck.errors import LakeLocked
from buck.flow.lock import RUN, hold_lock, lock_holder


def test_a_lock_that_was_just_taken_is_named_once_it_is_signed(tmp_path: Path) -> None:
    path = tmp_path / RUN
    path.write_text("")
    told: list[str] = []
    with path.open("a+") as taken:
        fcntl.flock(taken.fileno(), fcntl.LOCK_EX)

        def waits() -> None:
            with hold_lock(tmp_path, "buck run money", wait_s=30, on_wait=told.append):
                pass

        waiting = threading.Thread(target=waits)
        waiting.start()
        time.sleep(0.3)
        assert told == []
        taken.write('{"pid": 7, "command": "buck run all", "since": "2026-01-01T00:00:00+00:00"}')
        taken.flush()
        time.sleep(1.0)
    waiting.join()
    assert told == ["process 7 (buck run all, since 2026-01-01T00:00:00+00:00)"]


def test_a_released_lock_names_nobody(tmp_path: Path) -> None:
    """Or whoever takes it next would for an instant be told as the one before."""
    with hold_lock(tmp_path, "buck run all"):
        held = lock_holder(tmp_path)
        assert held is not None
        assert held["command"] == "buck run all"
        with (
            pytest.raises(LakeLocked, match=r"in use by process \d+ \(buck run all, since 20"),
            hold_lock(tmp_path, "buck run money"),
        ):
            pass
    assert lock_holder(tmp_path) is None
    assert (tmp_path / RUN).read_text() == ""
