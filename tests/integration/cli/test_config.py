"""`buck config show` and `validate`: where each value comes from, and all that is wrong at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.scratch import Scratch

FILE = """\
version: 1

lake:
  root: ./lake
  retention: { raw: 2d }

sources:
  shop:
    type: api
    options:
      api_key: "{{ SHOP_KEY }}"
      token: written-into-the-file
      base: "{{ SHOP_BASE | default('https://shop.example') }}"

environments:
  prod:
    lake:
      root: s3://bucket/lake
"""

WRONG = """\
version: 1
lake:
  root: ./lake
  keep_snapshot: 3
  keep_snapshots: none
sources:
  shop:
    type: api
    formt: delta
    options: { password: hunter2 }
pipelines:
  daily:
    sources: [shop]
    retries: { count: -1 }
orchestration:
  schedules:
    daily: { cron: "0 6 * * *", max_active_runs: 0 }
orchestraton: {}
environments:
  prod:
    data_quality: { engine: sodda }
"""


@pytest.fixture
def place(tmp_path: Path, empty_home: Path) -> Scratch:
    root = tmp_path / "project"
    root.mkdir()
    (root / ".buck.yml").write_text(FILE)
    return Scratch(root, empty_home)


def settings(place: Scratch, *args: str, **env: str) -> dict[str, Any]:
    told = place.buck(*args, "--json", env=env).expect(0).json
    return {one["key"]: one for one in told}


def test_every_value_says_where_it_comes_from(place: Scratch) -> None:
    (place.root / ".env").write_text("SHOP_KEY=very-secret-1\n")
    env = {"BUCK__LAKE__KEEP_SNAPSHOTS": "3"}
    found = settings(place, "config", "show", **env)
    told = {key: (one["value"], one["origin"], one["where"]) for key, one in found.items()}
    assert told["lake.root"] == ("./lake", "file", ".buck.yml:4")
    assert told["lake.retention.raw"] == ("2d", "file", ".buck.yml:5")
    assert told["lake.retention.marts"] == ("1d", "default", "")
    assert told["lake.keep_snapshots"] == ("3", "variable", "BUCK__LAKE__KEEP_SNAPSHOTS")
    assert told["performance.incremental.lookback_days"] == ("3", "default", "")
    prod = settings(place, "--env", "prod", "config", "show", "lake")
    assert (prod["lake.root"]["value"], prod["lake.root"]["origin"]) == (
        "s3://bucket/lake",
        "environment",
    )
    assert prod["lake.root"]["where"] == ".buck.yml:18"
    assert all(key.startswith("lake.") for key in prod)


def test_secrets_are_shown_as_references_only(place: Scratch) -> None:
    (place.root / ".env").write_text("SHOP_KEY=very-secret-1\n")
    env = {"BUCK__LAKE__SECRET": "very-secret-2", "SHOP_BASE": "https://shop.test"}
    found = settings(place, "config", "show", **env)
    key = found["sources.shop.options.api_key"]
    assert key["value"] == "{{ SHOP_KEY }}"
    assert key["references"] == [{"name": "SHOP_KEY", "found_in": ".env"}]
    assert found["sources.shop.options.token"]["value"] == "…"
    assert found["lake.secret"]["value"] == "…"
    base = found["sources.shop.options.base"]["references"]
    assert base == [{"name": "SHOP_BASE", "found_in": "the environment"}]
    shown = place.buck("config", "show", "--changed", env=env).expect(0)
    for secret in ("very-secret", "written-into-the-file"):
        assert secret not in shown.out + shown.err
    assert "retention.marts" not in shown.out, "defaults are left out"
    (place.root / ".env").unlink()
    without = settings(place, "config", "show", "sources")
    assert without["sources.shop.options.api_key"]["references"][0]["found_in"] == ""
    assert without["sources.shop.options.base"]["references"][0]["found_in"] == "its default"
    assert "there is no key 'lakes'" in place.buck("config", "show", "lakes").expect(2).err


def faults(place: Scratch, text: str, **env: str) -> list[tuple[int | None, str, str]]:
    (place.root / ".buck.yml").write_text(text)
    told = place.buck("config", "validate", "--json", env=env)
    told.expect(0 if told.json["is_valid"] else 2)
    return [(f["line"], f["key"], f["hint"]) for f in told.json["faults"]]


def test_all_that_is_wrong_is_said_at_once_with_lines(place: Scratch) -> None:
    found = faults(place, WRONG)
    assert [(line, key) for line, key, _ in found] == [
        (4, "lake.keep_snapshot"),
        (5, "lake.keep_snapshots"),
        (9, "sources.shop.formt"),
        (14, "pipelines.daily.retries.count"),
        (17, "orchestration.schedules.daily.max_active_runs"),
        (18, "orchestraton"),
        (21, "environments.prod.data_quality.engine"),
    ]
    hints = {key: hint for _, key, hint in found}
    assert hints["lake.keep_snapshot"] == "did you mean keep_snapshots?"
    assert hints["sources.shop.formt"] == "did you mean format?"
    assert hints["orchestraton"] == "did you mean orchestration?"
    shown = place.buck("config", "validate").expect(2)
    assert ".buck.yml:9: sources.shop.formt is not a key" in shown.out
    assert "hunter2" not in shown.out + shown.err


def test_what_only_the_whole_file_tells(place: Scratch) -> None:
    text = FILE + (
        "pipelines:\n"
        "  one: { sources: [shopp], depends_on: [two] }\n"
        "  two: { depends_on: [one] }\n"
        "orchestration:\n"
        "  schedules:\n"
        "    one: { cron: 0 0 31 2 * }\n"
        "    two: { cron: 0 6 * * *, timezone: Mars/Olympus }\n"
    )
    found = faults(place, text)
    assert [(line, key) for line, key, _ in found] == [
        (20, "pipelines.one"),
        (20, "pipelines.one.sources.0"),
        (21, "pipelines.two"),
        (24, "orchestration.schedules.one.cron"),
        (25, "orchestration.schedules.two.timezone"),
    ]
    assert found[1][2] == "did you mean shop?"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\nlake: [\n", 3),
        ("version: 1\nlake:\n  root: a\n  root: b\n", 4),
        ("- a list\n", 1),
        ("version: 1\nenvironments: [prod]\n", 2),
        ("version: 2\n", 1),
    ],
)
def test_a_file_that_cannot_be_taken_as_it_is(place: Scratch, text: str, line: int) -> None:
    assert [fault[0] for fault in faults(place, text)] == [line]


def test_what_a_variable_says_is_told_by_its_name(place: Scratch) -> None:
    (place.root / ".buck.yml").write_text(FILE)
    env = {"BUCK__LAKE__KEEP_SNAPSHOTS": "none", "BUCK__LAKE__SECRET": "very-secret-2"}
    done = place.buck("config", "validate", env=env).expect(2)
    assert "(by BUCK__LAKE__KEEP_SNAPSHOTS)" in done.out
    assert "very-secret" not in done.out + done.err
    near = place.buck("--env", "prd", "config", "validate").expect(2)
    assert "did you mean prod?" in near.err


def test_the_projects_own_file_is_in_order(project: Any) -> None:
    assert "is in order" in project.buck("config", "validate").expect(0).out
    found = settings(project, "config", "show")
    assert found["sources.stripe.options.api_key"]["value"] == "{{ STRIPE_API_KEY }}"
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(project.root / ".buck.yml", elsewhere / "other.yml")
    Scratch(elsewhere, project.home).buck("config", "validate").expect(2)
