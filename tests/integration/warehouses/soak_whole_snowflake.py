"""Buck's own models, all of them, promoted to fakesnow: `just soak-whole-snowflake`.

Twice, by Snowflake's own connector and dbt-snowflake: the second time after twelve more days of the
company, by what its incremental models delete and append. Fakesnow translates Snowflake's SQL and
runs it on DuckDB; what it cannot do is in `fakesnow_faults`, and worked around in the tests only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeProject
from tests.integration.warehouses.bigquery_emulator import CannotInstall
from tests.integration.warehouses.fakesnow_faults import (
    COLUMN_LIST,
    EXACT_SUMS,
    NULL_INSTANTS,
    REFUSED,
    WRONG,
    work_around,
)
from tests.integration.warehouses.soak_snowflake import (
    NEEDS,
    NO_FILE_LISTS,
    Loader,
    connected,
    install,
    served,
)
from tests.integration.warehouses.soak_snowflake_promotion import (
    DBT,
    LISTS_VIEWS,
    NEVER,
    NO_SWAP,
    PROMOTE,
)
from tests.integration.warehouses.whole_project import (
    ADDED_TO,
    HOUR_S,
    added_to,
    promoted_twice,
    published,
)
from tests.scratch import Done


@pytest.fixture(scope="module")
def programs(pytestconfig: pytest.Config) -> Path:
    try:
        return install(pytestconfig.cache.mkdir("fakesnow-dbt"), (*NEEDS, *DBT))
    except CannotInstall as exc:
        pytest.skip(f"fakesnow or dbt-snowflake cannot be installed: {exc}")


@pytest.fixture
def there(
    programs: Path, make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Loader]:
    with served(programs, tmp_path, EXACT_SUMS) as port:
        found = connected(make_project("whole"), programs, port)
        work_around(found.project)
        with published(found.project, tmp_path / "sandbox", monkeypatch):
            yield found


def buck(there: Loader, *words: str) -> Done:
    patches = (NO_FILE_LISTS, f"DIE_AFTER = {NEVER!r}", NO_SWAP, LISTS_VIEWS, NULL_INSTANTS)
    return there.buck("\n".join(patches), *words)


@pytest.mark.timeout(2 * HOUR_S)
def test_every_mart_is_promoted_twice(
    there: Loader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = there.project
    told = promoted_twice(lambda: buck(there, *PROMOTE, "--json"), project, tmp_path / "sandbox")
    added = added_to(project, "snowflake", "insert into")
    told.append(f"{len(added)} models added to: {', '.join(sorted(added))}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert added == ADDED_TO

    compared = buck(there, "diff", "published", "snowflake", "--output", "json").expect(0).json
    assert compared["is_equal"] is True
    assert {table["table"] for table in compared["tables"]} == set(project.content())

    # A cent there is told, and where it is.
    shown = "buck_shown.finance__fct_payments"
    there.ask(
        f"update {shown} set amount = amount + 0.01"
        f" where charge_id = (select min(charge_id) from {shown})"
    )
    compared = buck(there, "diff", "published", "snowflake", "--output", "json").expect(0).json
    differing = [table["table"] for table in compared["tables"] if not table["is_equal"]]
    assert differing == ["finance.fct_payments"]


def test_fakesnow_still_has_its_faults(
    programs: Path, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project("faults")
    with served(programs, tmp_path) as port:
        plain = connected(project, programs, port)
        for statement, fault in REFUSED.items():
            with pytest.raises(AssertionError, match=fault):
                plain.ask(statement)
        assert {statement: plain.ask(statement)[0][0] for statement in WRONG} == WRONG
    with served(programs, tmp_path, EXACT_SUMS) as port:
        exact = connected(project, programs, port)
        assert exact.ask(next(iter(WRONG))) == [["0.3"]]
        exact.ask("create schema raw")
        exact.ask("create table raw.days as select cast('2026-03-02' as date) as d")
        with pytest.raises(AssertionError, match="timestamp_trunc does not exist"):
            exact.ask(COLUMN_LIST)
