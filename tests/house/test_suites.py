"""CI notices a suite that did not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.checkout import ROOT
from tests.house.suites import MAY_BE_SKIPPED, MUST_BE_THERE, find_gaps, required_suites

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


def reasons_to_skip() -> Iterator[tuple[str, str]]:
    """Each reason in the tests that CI runs, with its file."""
    for file in (ROOT / "tests").rglob("*.py"):
        if file.name.startswith("soak_") or "skip" not in (text := file.read_text()):
            continue
        for call in ast.walk(ast.parse(text)):
            if not isinstance(call, ast.Call):
                continue
            called = ast.unparse(call.func)
            if called == "pytest.skip":
                yield file.name, ast.unparse(call.args[0]).removeprefix("f")[1:-1]
            elif called == "pytest.mark.skipif":
                [reason] = [k.value for k in call.keywords if k.arg == "reason"]
                yield file.name, ast.unparse(reason)[1:-1]


def test_nothing_is_skipped_by_choice():
    """A choice reddens CI as a skip: it is left out by the mark `soak` instead."""
    found = list(reasons_to_skip())
    assert len(found) > 5
    assert [f for f in found if not f[1].startswith(MAY_BE_SKIPPED + MUST_BE_THERE)] == []
