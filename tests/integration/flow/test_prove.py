"""`buck quality prove` on the reference project."""

from __future__ import annotations

import hashlib

import pytest


@pytest.fixture(scope="module")
def project(published, tmp_path_factory):
    return published.copy(tmp_path_factory.mktemp("prove") / "project")


def test_a_proof_damages_copies_only_and_says_what_was_caught(project):
    database = project.work / "build.duckdb"
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    told = project.buck("quality", "prove", "--sample", "60", "--json").expect(0).json
    counts = told["counts"]
    assert len(told["faults"]) == 60
    assert counts["made"] + counts["equivalent"] == 60
    assert counts["caught"] + counts["warned"] + counts["survived"] == counts["made"]
    assert told["score"] == round(counts["caught"] / counts["made"], 4)
    assert counts["survived"] == sum(f["outcome"] == "survived" for f in told["survivors"])
    assert all(f["caught_by"] for f in told["faults"] if f["outcome"] == "caught")
    assert told["impossible"] == []
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert list(project.work.glob("proof-*")) == []


def test_a_blind_check_is_named_and_too_low_a_score_ends_with_one(project):
    file = project.root / "transform" / "checks" / "core" / "dim_date.yml"
    written = file.read_text()
    file.write_text("checks for dim_date:\n  - row_count >= 0\n")
    done = project.buck("quality", "prove", "--sample", "40", "--min-score", "1")
    file.write_text(written)
    assert "row_count >= 0 can never fail" in done.out
    is_perfect = "score 100.0%" in done.out
    assert done.code == (0 if is_perfect else 1)
    assert ("✗" in done.out) is not is_perfect
