"""The whole run, once: what a company's first three months look like from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.flow.shop import Shop


@dataclass(frozen=True)
class Chapter:
    """What could be seen right after one command."""

    done: Any
    day: int
    snapshot: dict[str, Any]
    content: dict[str, str]
    files: dict[str, str]
    differences: list[str]
    truth: dict[str, Any]
    leftovers: list[str]

    @property
    def report(self) -> dict[str, Any]:
        """The command's own answer."""
        return dict(self.done.json)


@dataclass(frozen=True)
class Story:
    """All chapters, and what a reader saw in the meantime."""

    project: Any
    chapters: dict[str, Chapter]
    reads: list[dict[str, Any]]
    spoilt: Any
    """A copy of the project right after the gate refused bad data."""

    def __getitem__(self, name: str) -> Chapter:
        return self.chapters[name]


@pytest.fixture(scope="session")
def story(
    make_project: Any, start_reader: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """First load, nothing new, 12 days on, rebuilt, bad data, approved, healed, a month missed."""
    project = make_project("story")
    chapters: dict[str, Chapter] = {}

    def sandbox(*args: str) -> Any:
        return project.buck("sandbox", *args, "--json").expect(0).json

    def tell(name: str, *args: str, code: int = 0) -> None:
        done = project.buck("run", "--json", *args).expect(code)
        truth = sandbox("truth")
        chapters[name] = Chapter(
            done=done,
            day=sandbox("status")["days"],
            snapshot=project.snapshot(),
            content=project.content(),
            files=project.published_bytes(),
            differences=project.differences(truth),
            truth=truth,
            leftovers=project.leftovers(),
        )

    reader = None
    try:
        sandbox("up", "--customers", "40", "--days", "45")
        tell("first")
        reader = start_reader(project.marts, tmp_path_factory.mktemp("reader"))
        tell("nothing new")
        sandbox("advance", "--days", "12")
        tell("incremental")
        tell("rebuilt", "--full-refresh")
        sandbox("spoil", "duplicates")
        sandbox("spoil", "negative_amounts")
        tell("spoilt", code=3)
        spoilt = project.copy(tmp_path_factory.mktemp("spoilt") / "project")
        tell("approved", "--approve-as", "Ann", "--reason", "month end, known duplicates")
        sandbox("heal")
        tell("healed")
        sandbox("advance", "--days", "33")
        tell("too late", code=4)
        tell("day 90", "--full-refresh")
        reads = reader.finish()
        yield Story(project, chapters, reads, spoilt)
    finally:
        if reader is not None:
            reader.finish()
        project.buck("sandbox", "down")


@pytest.fixture
def shop(published: Any, copy_of: Callable[[Any], Any]) -> Shop:
    """A settled project with one more source, into whose past rows came late."""
    project = copy_of(published)
    project.connect(published.work / "sandbox")
    return Shop(project)
