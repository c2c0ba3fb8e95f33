"""Wrong settings: exit 2, the key by its name, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_a_missing_secret_is_named_with_the_key_that_wants_it(project: Any) -> None:
    done = project.buck("run").expect(2)
    assert "STRIPE_API_KEY" in done.err
    assert "sources.stripe.options.api_key" in done.err
    assert "hint: " in done.err
    assert ".env" in done.err
    assert done.out == ""
    assert not project.marts.exists()


@pytest.mark.parametrize(
    ("old", "new", "named", "near"),
    [
        ("data_quality:", "data_qualty:", "data_qualty", "data_quality"),
        ("sync_frequency: hourly", "sync_freqency: hourly", "sync_freqency", "sync_frequency"),
        ("lookback_days: 3", "lookback_day: 3", "lookback_day", "lookback_days"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(
    project: Any, old: str, new: str, named: str, near: str
) -> None:
    project.edit(".buck.yml", old, new)
    done = project.buck("run").expect(2)
    assert named in done.err
    assert f"did you mean {near}?" in done.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("engine: soda", "engine: sodium", "data_quality.engine"),
        ("lookback_days: 3", "lookback_days: -1", "lookback_days"),
        ("version: 1\n", "version: [1\n", "YAML"),
        ("default_threshold: 2h", "default_threshold: soon", "soon"),
        ("connector: dlt", "connector: debezium", "change data capture"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_runs(
    project: Any, old: str, new: str, said: str
) -> None:
    project.edit(".buck.yml", old, new)
    done = project.buck("run").expect(2)
    assert said in done.err
    assert "hint: " in done.err
    assert not (project.lake / "lake.json").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", "stripe_dayly"), "did you mean stripe_daily?"),
        (("pipeline", "run", "nosuch"), "there is all, "),
        (("pipeline", "logs", "all", "--since", "2x"), "write 2h or 1d for so long ago"),
        (("ci", "--base", "nosuch"), "no git ref"),
        (("pipeline", "logs", "stripe_dayly"), "did you mean stripe_daily?"),
        (("pipeline", "logs", "all", "--date", "yesterday"), "--date 2026-01-31"),
        (("run", "--as-of", "tomorrow"), "'tomorrow' is not a time"),
        (("run", "--approve-as", "Ann"), "--reason"),
        (("run", "--reason", "because"), "--approve-as"),
        (("--env", "prd", "run"), "did you mean prod?"),
        (("--env", "prod", "run"), "BUCK_LAKE"),
        (("query", "select 1", "--raw", "--candidate"), "exclude each other"),
        (("query",), "write SQL, or --metric NAME"),
        (("frobnicate",), "No such command"),
        (("run", "--frobnicate"), "No such option"),
        (("sandbox", "advance", "--days", "0"), "equal to 1"),
        (("sandbox", "spoil", "nonsense"), "negative_amounts"),
        (("sandbox", "fault", "paypal", "{}"), "paypal"),
        (("demo", "--customers", "1"), "equal to 20"),
    ],
)
def test_wrong_arguments_are_usage_errors(project: Any, args: tuple[str, ...], said: str) -> None:
    done = project.buck(*args).expect(2)
    assert said in done.err
    assert done.out == ""


def test_a_source_without_a_file_is_named(project: Any) -> None:
    (project.root / "pipelines" / "salesforce_pipeline.py").unlink()
    done = project.buck("pipeline", "run", "sales_pipeline").expect(2)
    assert "pipelines/salesforce_pipeline.py" in done.err


def test_a_source_file_that_cannot_be_imported_is_named(project: Any) -> None:
    file = project.root / "pipelines" / "stripe_pipeline.py"
    file.write_text("from buck.sources import strype\n")
    done = project.buck("run").expect(2)
    assert "stripe_pipeline.py" in done.err
    assert "strype" in done.err


def test_outside_a_project_every_command_says_so(project: Any) -> None:
    (project.root / ".buck.yml").unlink()
    for args in (("run",), ("query", "select 1"), ("doctor",), ("pipeline", "status"), ("demo",)):
        done = project.buck(*args).expect(2)
        assert "there is no .buck.yml" in done.err
        assert "--project" in done.err
        assert "buck init" in done.err


def test_production_never_reads_from_the_sandbox(
    published: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(published)
    env = {"BUCK_LAKE": str(project.root / "elsewhere")}
    done = project.buck("--env", "prod", "run", env=env).expect(2)
    assert "STRIPE_API_KEY" in done.err
    assert "sandbox" not in done.out
