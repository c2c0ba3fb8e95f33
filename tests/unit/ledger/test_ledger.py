"""What runs did is in the lake as soon as a step is over, and can be read at any time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from buck.errors import LakeError, LedgerError, SourceDenied
from buck.flow.landing import new_load_id
from buck.lake.folder_storage import FolderStorage
from buck.ledger import RunRecorder, newest, read_events, read_runs
from buck.records.run import Status

IDS = ("20260131T060000-aaaa", "20260131T070000-bbbb", "20260201T060000-cccc")


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path)


@pytest.fixture
def begin(storage: FolderStorage) -> Callable[..., RunRecorder]:
    def start(run_id: str = IDS[0], pipeline: str = "daily", **facts: Any) -> RunRecorder:
        recorder = RunRecorder(storage, run_id, pipeline=pipeline)
        recorder.start(as_of="2026-01-31T00:00:00+00:00", **facts)
        return recorder

    return start


def test_run_is_readable_while_it_goes_on(storage: Any, begin: Any) -> None:
    recorder = begin()
    assert [(r.status, r.step) for r in read_runs(storage)] == [(Status.RUNNING, "")]
    with recorder.step("land app") as facts:
        recorder.add("table_landed", "ok", table="app.users", rows_landed=5)
        facts["rows_landed"] = 5
    run = read_runs(storage)[0]
    assert (run.status, run.step, run.rows_landed, run.seconds) == (
        Status.RUNNING,
        "land app",
        5,
        None,
    )
    recorder.finish(Status.OK)
    run = read_runs(storage)[0]
    assert run.status == Status.OK
    assert run.seconds is not None


def test_events_are_numbered_in_order_and_timed_in_utc(storage: Any, begin: Any) -> None:
    recorder = begin()
    for name in ("a", "b"):
        with recorder.step(name):
            recorder.add("check_judged", "pass", check=name)
    recorder.finish(Status.OK)
    events = read_events(storage)
    assert [e.number for e in events] == list(range(len(events)))
    assert [e.step for e in events if e.kind == "check_judged"] == ["a", "b"]
    assert all(e.at.utcoffset() is not None for e in events)
    assert sorted(e.at for e in events) == [e.at for e in events]


def test_failed_step_keeps_the_errors_context(storage: Any, begin: Any) -> None:
    recorder = begin()

    def land() -> None:
        with recorder.step("land app") as facts:
            facts["tables"] = 2
            raise SourceDenied("no right to read users", hint="grant it")

    with pytest.raises(SourceDenied):
        land()
    recorder.finish(Status.FAILED, error="no right to read users")
    error = next(e for e in read_events(storage) if e.kind == "error")
    assert (error.step, error.status) == ("land app", "SourceDenied")
    assert error.facts == {"message": "no right to read users", "hint": "grant it"}
    finished = next(e for e in read_events(storage) if e.kind == "step_finished")
    assert (finished.status, finished.facts["tables"]) == ("failed", 2)
    assert read_runs(storage)[0].error == "no right to read users"


def test_run_whose_process_is_gone_is_interrupted(storage: Any, tmp_path: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path\n"
        "from buck.lake.folder_storage import FolderStorage\n"
        "from buck.ledger import RunRecorder\n"
        f"r = RunRecorder(FolderStorage(Path(sys.argv[1])), {IDS[0]!r}, pipeline='daily')\n"
        "r.start()\n"
        "with r.step('build'): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert read_runs(storage)[0].status == Status.INTERRUPTED


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"host": "another-machine", "pid": 1}, Status.RUNNING),
        ({"pid": os.getpid()}, Status.RUNNING),
        ({"pid": 2**22 + 1}, Status.INTERRUPTED),
        ({"pid": None}, Status.INTERRUPTED),
        ({"pid": 0}, Status.INTERRUPTED),
        ({"pid": -1}, Status.INTERRUPTED),
        ({"pid": "x"}, Status.INTERRUPTED),
    ],
)
def test_unfinished_run_is_judged_by_its_process(
    storage: Any, facts: dict[str, Any], status: Status
) -> None:
    import socket

    recorder = RunRecorder(storage, IDS[0], pipeline="daily")
    recorder.add("run_started", Status.RUNNING, **{"host": socket.gethostname(), **facts})
    recorder.flush()
    assert read_runs(storage)[0].status == status


def test_runs_come_newest_first_and_are_chosen_by_pipeline_day_and_id(
    storage: Any, begin: Any
) -> None:
    for run_id, pipeline in zip(IDS, ("daily", "hourly", "daily"), strict=True):
        begin(run_id, pipeline).finish(Status.OK)
    assert [r.run_id for r in read_runs(storage)] == [IDS[2], IDS[1], IDS[0]]
    assert [r.run_id for r in read_runs(storage, limit=1)] == [IDS[2]]
    assert [r.run_id for r in read_runs(storage, pipeline="daily")] == [IDS[2], IDS[0]]
    assert [r.run_id for r in read_runs(storage, pipeline="hourly", limit=1)] == [IDS[1]]
    assert {e.run_id for e in read_events(storage, day=date(2026, 1, 31))} == set(IDS[:2])
    assert {e.run_id for e in read_events(storage, day=date(2026, 1, 31), pipeline="daily")} == {
        IDS[0]
    }
    assert {e.run_id for e in read_events(storage, run_id=IDS[1])} == {IDS[1]}
    assert read_events(storage, day=date(2025, 1, 1)) == []
    assert {p: r.run_id for p, r in newest(read_runs(storage)).items()} == {
        "daily": IDS[2],
        "hourly": IDS[1],
    }


def test_empty_lake_has_no_runs(storage: Any) -> None:
    assert read_runs(storage) == []


@pytest.mark.parametrize(
    "payload", [b"{", b"[]\n", b'{"run_id": "x"}\n', b"\xff\xfe\n", b'"text"\n']
)
def test_damaged_object_is_named(storage: Any, begin: Any, payload: bytes) -> None:
    begin().finish(Status.OK)
    name = f"data_pipeline_logs/2026-01-31/{IDS[0]}-000009.jsonl"
    storage.write(name, payload)
    with pytest.raises(LedgerError, match="000009") as damaged:
        read_runs(storage)
    assert damaged.value.hint


def test_foreign_files_in_the_ledger_are_passed_over(storage: Any, begin: Any) -> None:
    begin().finish(Status.OK)
    storage.write("data_pipeline_logs/README.txt", b"hello")
    assert len(read_runs(storage)) == 1


def test_nothing_recorded_is_ever_rewritten(storage: Any, begin: Any) -> None:
    begin()
    with pytest.raises(LedgerError, match="recorded twice"):
        begin()
    assert len(read_events(storage)) == 1


def test_run_that_cannot_be_recorded_does_not_go_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    recorder = RunRecorder(FolderStorage(tmp_path / "file"), IDS[0], pipeline="daily")
    with pytest.raises(LedgerError, match="cannot be recorded") as refused:
        recorder.start()
    assert isinstance(refused.value.__cause__, LakeError)


def test_ids_of_runs_begun_at_one_moment_differ_and_sort_by_time() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 1, 1, tzinfo=UTC)
    ids = {new_load_id(now) for _ in range(1000)}
    assert len(ids) == 1000
    assert max(ids) < new_load_id(now + timedelta(seconds=1))
    assert max(ids) < new_load_id(now + timedelta(microseconds=1))
