"""What can pass is tried again, each wait longer than the last, up to a limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from buck.errors import BuckError, SourceDenied, SourceUnreachable
from buck.flow.retrying import retry
from buck.lake.folder_storage import FolderStorage
from buck.ledger import RunRecorder, read_events
from buck.project import Retries


class Flaky:
    """A source that fails so often, then answers."""

    def __init__(self, *failures: BuckError) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "rows"


@pytest.fixture
def recorder(tmp_path: Path) -> RunRecorder:
    return RunRecorder(FolderStorage(tmp_path), "20260131T060000-aaaa", pipeline="daily")


def test_what_passes_is_tried_again_and_recorded(recorder: RunRecorder, tmp_path: Path) -> None:
    flaky = Flaky(SourceUnreachable("no answer"), SourceUnreachable("503"))
    assert retry(flaky, Retries(count=2, delay="0s"), recorder) == "rows"
    events = read_events(FolderStorage(tmp_path))
    assert [(e.kind, e.status, e.facts["attempt"], e.facts["message"]) for e in events] == [
        ("retried", "SourceUnreachable", 1, "no answer"),
        ("retried", "SourceUnreachable", 2, "503"),
    ]


def test_waits_double_with_some_chance_and_keep_to_the_limit(
    recorder: RunRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    flaky = Flaky(*(SourceUnreachable("no answer") for _ in range(6)))
    assert retry(flaky, Retries(count=6, delay="10s", max_delay="1m"), recorder) == "rows"
    waits = [e.facts["wait_s"] for e in read_events(FolderStorage(tmp_path))]
    for wait, least in zip(waits, (10, 20, 40, 60, 60, 60), strict=True):
        assert least <= wait <= min(least + 10, 60)
    assert waits[:3] != [10, 20, 40], "every machine comes back at the same moment"


def test_after_the_last_try_the_error_itself_is_raised(recorder: RunRecorder) -> None:
    flaky = Flaky(*(SourceUnreachable(f"try {n}") for n in range(5)))
    with pytest.raises(SourceUnreachable, match="try 2"):
        retry(flaky, Retries(count=2, delay="0s"), recorder)
    assert flaky.calls == 3


def test_what_cannot_pass_is_not_tried_again(recorder: RunRecorder) -> None:
    flaky = Flaky(SourceDenied("403"))
    with pytest.raises(SourceDenied):
        retry(flaky, Retries(count=5, delay="1h"), recorder)
    assert flaky.calls == 1


def test_without_a_word_nothing_is_tried_again(recorder: RunRecorder) -> None:
    flaky = Flaky(SourceUnreachable("no answer"))
    with pytest.raises(SourceUnreachable):
        retry(flaky, Retries(), recorder)
    assert flaky.calls == 1
