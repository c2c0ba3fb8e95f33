"""`buck sandbox …` as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

KEYS = {
    "running",
    "folder",
    "seed",
    "customers",
    "days",
    "now_at",
    "spoils",
    "pid",
    "uptime_s",
    "systems",
}


@pytest.fixture(scope="module")
def home(make_project: Any) -> Iterator[Any]:
    project = make_project("sandbox")
    try:
        up = project.buck("sandbox", "up", "--customers", "20", "--days", "10").expect(0)
        assert "day 10" in up.out
        assert "next: buck run" in up.err
        yield project
    finally:
        project.buck("sandbox", "down", "--forget").expect(0)


def test_status_and_the_passing_of_days(home: Any) -> None:
    before = home.buck("sandbox", "status", "--json").expect(0).json
    assert set(before) == KEYS
    assert {s["name"] for s in before["systems"]} == {"stripe", "salesforce", "app"}
    after = home.buck("sandbox", "advance", "--days", "2", "--json").expect(0).json
    assert after["days"] == before["days"] + 2
    again = home.buck("sandbox", "up", "--json").expect(0).json
    assert (again["pid"], again["days"]) == (after["pid"], after["days"])


def test_the_truth_has_its_documented_parts(home: Any) -> None:
    truth = home.buck("sandbox", "truth", "--json").expect(0).json
    assert {"by_month", "by_day", "exponents"} <= set(truth)
    earlier = home.buck("sandbox", "truth", "--as-of", "5", "--json").expect(0).json
    assert sum(e["gross"] for e in earlier["by_month"]) < sum(e["gross"] for e in truth["by_month"])
    future = home.buck("sandbox", "truth", "--as-of", "900").expect(1)
    assert "has not come yet" in future.err
    assert "hint: buck sandbox advance" in future.err


def test_faults_are_set_shown_and_cleared(home: Any) -> None:
    home.buck("sandbox", "fault", "stripe", '{"status": 500, "times": 2}').expect(0)
    told = {s["name"]: s for s in home.buck("sandbox", "status", "--json").json["systems"]}
    assert told["stripe"]["faults"][0]["status"] == 500
    cleared = home.buck("sandbox", "fault", "stripe", "--clear", "--json").expect(0).json
    assert all(s["faults"] == [] for s in cleared["systems"])


@pytest.mark.parametrize(
    ("knob", "said"),
    [
        ("{bad", "is not a JSON object"),
        ("[1]", "is not a JSON object"),
        ("3", "is not a JSON object"),
        ('{"nonsense": 1}', "knob"),
    ],
)
def test_a_wrong_knob_is_refused(home: Any, knob: str, said: str) -> None:
    done = home.buck("sandbox", "fault", "stripe", knob)
    assert done.code in (1, 2)
    assert said in done.err
    assert "hint: " in done.err


def test_another_company_in_the_same_folder_is_refused(home: Any) -> None:
    done = home.buck("sandbox", "up", "--seed", "8").expect(1)
    assert "seed 7, not 8" in done.err
    assert "buck sandbox down --forget" in done.err


def test_bad_data_is_named_until_it_is_healed(home: Any) -> None:
    assert home.buck("sandbox", "spoil", "duplicates", "--json").expect(0).json["spoils"]
    assert home.buck("sandbox", "heal", "--json").expect(0).json["spoils"] == []


def test_without_a_sandbox_the_way_to_one_is_said(project: Any) -> None:
    for args in (("status",), ("advance",), ("truth",), ("spoil",), ("heal",)):
        done = project.buck("sandbox", *args).expect(1)
        assert "hint: buck sandbox up" in done.err
    project.buck("sandbox", "down").expect(0)
