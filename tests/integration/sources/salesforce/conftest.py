"""An org of a test's own, with a lake that it lands in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.sources.salesforce.world import Org


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    org = Org(tmp_path)
    yield org
    org.server.stop()
    assert org.server.failures == []
