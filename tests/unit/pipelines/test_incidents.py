"""What a source tells about its tables goes into the load's report."""

from __future__ import annotations

from typing import Any

import pytest

from buck.records.load import Incident

TELLING = """
def source():
    def read():
        table = current.table(SPEC)
        table.incident("field_lost", "name", "no longer readable")
        table.incident("field_lost", "name", "said twice")
        table.incident("field_lost", "id")
        table.measure("drift_rows", 3)
        yield table.arrow([{"id": 1}])
    current = current_load()
    return dlt.resource(read, name="items", write_disposition="append")
"""


def test_incidents_and_figures_of_a_source_are_in_its_report(run: Any) -> None:
    table = run(TELLING).tables[0]
    assert table.incidents == (
        Incident("shop.items", "field_lost", "name", "no longer readable"),
        Incident("shop.items", "field_lost", "id"),
    )
    assert table.metrics == {"drift_rows": 3}


def test_source_that_does_not_look_at_the_range_is_refused(run: Any) -> None:
    from datetime import UTC, datetime

    from buck.errors import ConfigError
    from buck.records.load import LoadRules, TimeRange

    span = TimeRange(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    with pytest.raises(ConfigError, match="shop cannot read a range"):
        run(TELLING, rules=LoadRules(span=span))
