"""One company for all tests of it: reading never changes it."""

from __future__ import annotations

import pytest

from buck.sandbox.company import DEFAULT_DAYS, Change, Company, Record


@pytest.fixture(scope="session")
def company() -> Company:
    return Company()


@pytest.fixture(scope="session")
def changes(company: Company) -> list[Change]:
    return company.changes(DEFAULT_DAYS)


@pytest.fixture(scope="session")
def latest(changes: list[Change]) -> dict[tuple[str, str], dict[str, Record]]:
    """The records that exist at the end, by system and table."""
    found: dict[tuple[str, str], dict[str, Record]] = {}
    for change in changes:
        records = found.setdefault((change.system, change.table), {})
        if change.op == "delete":
            del records[change.key]
        else:
            records[change.key] = change.record
    return found


@pytest.fixture(scope="session")
def live_ids(changes: list[Change]) -> set[str]:
    """The keys of everything that is not of Stripe's test mode."""
    return {change.key for change in changes if change.livemode}
