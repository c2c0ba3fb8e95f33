"""Project folders with nothing in the environment but what a test puts there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buck.project import Project, open_project

Opener = Callable[..., Project]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_file(text: str) -> Path:
        (tmp_path / ".buck.yml").write_text(text, encoding="utf-8")
        return tmp_path

    return write_file


@pytest.fixture
def project_of(write: Callable[[str], Path]) -> Opener:
    """The project of a `.buck.yml` with this text."""

    def make(text: str = "version: 1", **options: Any) -> Project:
        return open_project(write(text), **options)

    return make


@pytest.fixture(autouse=True)
def steady_environment() -> Iterator[None]:
    """Opening a project sets variables for dlt, dbt and Soda; afterwards they are as before."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("BUCK", "AWS", "DLT_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)
