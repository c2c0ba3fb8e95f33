"""Whatever arrives in whatever order: incremental marts equal a full refresh, row for row."""

from __future__ import annotations

import random
import shutil

import pytest

from tests.integration.transform.models.conftest import PROJECT, RawLake
from tests.integration.transform.models.incrementals.histories import (
    from_json,
    make_history,
    to_json,
)
from tests.integration.transform.models.incrementals.keeping import keep_failures, kept_cases
from tests.integration.transform.models.incrementals.proof import incremental_marts, prove, shrink

HISTORIES = 200


def make_histories(seed, count=HISTORIES):
    chance = random.Random(seed)
    return [make_history(chance) for _ in range(count)]


@pytest.mark.parametrize("seed", [1])
def test_incremental_marts_equal_a_full_refresh_row_for_row(build_lake, seed, tmp_path):
    """One lake, ten batches; kept cases go through it beside the generated histories."""
    histories = [*kept_cases(), *make_histories(seed)]
    lake = build_lake()
    found = prove(lake, histories, seed=seed)
    kept = keep_failures(histories, found, build_lake, folder=tmp_path, most=1) if found else []
    assert found[:3] == [], [path.read_text() for path in kept]
    marts = {"finance.fct_payments", "finance.finance_payments", "sales.fct_orders"}
    assert marts <= set(incremental_marts(lake))
    for mart in incremental_marts(lake):
        ((rows,),) = lake.query(f"select count(*) from {mart}")
        assert rows > HISTORIES / 2, mart


BROKEN = {
    "rows after the mark are skipped": (
        "finding.sql",
        "where _buck_seq > ' ~ mark",
        "where _buck_seq > ' ~ (mark + 5)",
    ),
    "what a record said before is forgotten": (
        "finding.sql",
        "' where ' ~ input.id ~ ' in (' ~ changed ~ '))')",
        "' where _buck_seq > ' ~ mark ~ ')')",
    ),
    "nothing of other models is seen": ("finding.sql", "declared.get('differs', [])", "[]"),
}


@pytest.mark.parametrize("broken", ["rows after the mark are skipped"])
def test_the_proof_finds_a_broken_watermark(broken, tmp_path):
    name, sound, unsound = BROKEN[broken]
    project, parsed, folder = (tmp_path / part for part in ("transform", "parsed", "lake"))
    unwanted = shutil.ignore_patterns("target", "logs", ".user.yml")
    shutil.copytree(PROJECT, project, ignore=unwanted)
    path = project / "macros" / "incremental" / name
    assert sound in path.read_text()
    path.write_text(path.read_text().replace(sound, unsound))
    parsed.mkdir()
    folder.mkdir()
    lake = RawLake(folder, parsed, project=project).start()
    found = prove(lake, make_histories(2, 60), batches=3)
    assert {d.owner for d in found} - {None}
    assert "finance.fct_payments" in {d.table for d in found}


def test_a_failing_history_shrinks_to_what_fails():
    history = make_histories(3, 1)[0]
    needed = [v for v in history if v.table == ("stripe", "charges")][:2]

    def fails(candidates):
        return [all(v in candidate for v in needed) for candidate in candidates]

    assert list(shrink(history, fails, rounds=40)) == [v for v in history if v in needed]


def test_a_history_reads_back_from_its_case_as_it_was():
    history = make_histories(4, 1)[0]
    assert from_json(to_json(history)) == history
