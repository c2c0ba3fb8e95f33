"""Every portable macro gives its value on BigQuery too, as far as an emulator can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.warehouses.bigquery_emulator import (
    CannotInstall,
    Emulator,
    Refused,
    run_emulator,
)
from tests.unit.portability.macro_cases import CASES, compiled_singly

FAULTS = {
    # It turns array_agg(… ignore nulls order by … limit 1) into SQL that cannot be read.
    "first_by skips null": "Syntax error",
    # The name of an offset is not known outside the query that unnests.
    "unnest_json_array": 'Referenced column "position" not found',
    # It hands `isoweek` on to DuckDB, which calls it week.
    "start_of week, a Sunday": '"ISOWEEK" not recognized',
    "week_start": '"ISOWEEK" not recognized',
}
"""What the emulator cannot run, although BigQuery's documentation has it, and how it says so."""


@pytest.fixture(scope="module")
def emulated(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    try:
        with run_emulator(pytestconfig.cache.mkdir("bigquery-emulator")) as emulator:
            yield emulator
    except CannotInstall as exc:
        pytest.skip(f"the BigQuery emulator cannot be installed: {exc}")


@pytest.fixture(scope="module")
def queries() -> dict[str, str]:
    return compiled_singly("bigquery")


@pytest.mark.parametrize("case", [case for case in CASES if case not in FAULTS])
def test_a_macro_gives_its_value_emulated(emulated: Emulator, queries: Any, case: str) -> None:
    expected, found = CASES[case][1], emulated.value(queries[case])
    # NUMERIC has no scale of its own, so 1.5 and 1.50 are the same value there.
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("case", FAULTS)
def test_the_emulator_still_has_its_faults(emulated: Emulator, queries: Any, case: str) -> None:
    with pytest.raises(Refused) as refused:
        emulated.value(queries[case])
    assert FAULTS[case] in str(refused.value)
