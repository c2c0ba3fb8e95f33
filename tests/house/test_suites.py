"""CI notices a suite that did not run."""

from __future__ import annotations

import pytest

from tests.house.checkout import ROOT
from tests.house.suites import find_gaps, required_suites

CASE = '<testcase classname="{suite}.test_one" name="test_x">{inner}</testcase>'


def write_report(file, *cases):
    file.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return file


def test_every_folder_of_tests_is_required():
    suites = required_suites(ROOT)
    assert {"tests.unit.sources", "tests.integration.sandbox", "tests.house"} <= suites
    assert all(suite.count(".") <= 2 for suite in suites)


def test_a_suite_that_ran_has_no_gap(tmp_path):
    report = write_report(tmp_path / "r.xml", CASE.format(suite="tests.unit.lake", inner=""))
    assert find_gaps(report, {"tests.unit.lake"}) == []


@pytest.mark.parametrize("inner", [None, '<skipped type="pytest.skip" message="no server"/>'])
def test_a_suite_that_was_empty_or_skipped_is_named(tmp_path, inner):
    cases = [] if inner is None else [CASE.format(suite="tests.unit.lake", inner=inner)]
    report = write_report(tmp_path / "r.xml", *cases)
    assert "nothing ran in tests.unit.lake" in find_gaps(report, {"tests.unit.lake"})


def test_one_skipped_promise_is_a_gap_unless_it_is_about_the_machine(tmp_path):
    ran = CASE.format(suite="tests.unit.lake", inner="")
    emulator = "the BigQuery emulator cannot be installed: no such version"
    for message, gaps in (("no server", 1), ("already an ordinary user", 0), (emulator, 0)):
        skip = f'<skipped type="pytest.skip" message="{message}"/>'
        report = write_report(
            tmp_path / "r.xml", ran, CASE.format(suite="tests.unit.lake", inner=skip)
        )
        assert len(find_gaps(report, {"tests.unit.lake"})) == gaps
