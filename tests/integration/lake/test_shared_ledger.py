"""Machines that share a lake in a bucket share its history too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from buck.errors import LedgerError
from buck.flow.landing import new_load_id
from buck.ledger import RunRecorder, read_events, read_runs
from buck.records.run import Status


def test_two_machines_record_in_one_bucket_at_one_moment(
    make_bench: Callable[..., Any], bucket: Any
) -> None:
    now = datetime(2026, 1, 31, 6, tzinfo=UTC)
    storages = [make_bench("delta", bucket, folder=n).lake.storage for n in ("one", "two")]

    def run(storage: Any) -> str:
        recorder = RunRecorder(storage, new_load_id(now), pipeline="daily")
        recorder.start(as_of=now.isoformat())
        with recorder.step("land app"):
            recorder.add("table_landed", "ok", rows_landed=3)
        recorder.finish(Status.OK)
        return recorder.run_id

    with ThreadPoolExecutor(2) as pool:
        ids = set(pool.map(run, storages))
    assert len(ids) == 2
    for storage in storages:
        runs = read_runs(storage)
        assert {r.run_id for r in runs} == ids
        assert [(r.status, r.rows_landed) for r in runs] == [(Status.OK, 3)] * 2
        assert len(read_events(storage, day=now.date())) == 10


def test_one_id_taken_twice_is_refused_in_a_bucket_too(
    make_bench: Callable[..., Any], bucket: Any
) -> None:
    storage = make_bench("delta", bucket).lake.storage
    RunRecorder(storage, "20260131T060000-aaaa", pipeline="daily").start(by="one")
    with pytest.raises(LedgerError, match="recorded twice"):
        RunRecorder(storage, "20260131T060000-aaaa", pipeline="daily").start(by="two")
    assert [e.facts["by"] for e in read_events(storage)] == ["one"]


def test_put_that_is_repeated_finds_its_own_object(
    make_bench: Callable[..., Any], bucket: Any
) -> None:
    storage = make_bench("delta", bucket).lake.storage
    assert storage.create("a", b"mine")
    assert storage.create("a", b"mine")
    assert not storage.create("a", b"yours")
    assert storage.read("a") == b"mine"
