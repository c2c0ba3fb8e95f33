"""The options dbt is called with."""

from __future__ import annotations

import json
from pathlib import Path

from buck.transform import DbtWorkspace

ALL = frozenset({"--log-level", "--project-dir", "--vars", "--threads", "--target", "--log-path"})


def workspace(**changes):
    given = {
        "project_dir": Path("transform"),
        "profiles_dir": Path("transform"),
        "target": "dev",
        "target_path": Path("target"),
        "log_path": Path("logs"),
    }
    return DbtWorkspace(**(given | changes))


def test_only_options_that_the_command_has_are_given():
    assert workspace(threads=2).arguments(frozenset({"--target"})) == ["--target", "dev"]


def test_an_option_the_user_names_is_left_to_the_user():
    found = workspace(threads=2).arguments(ALL, ["--target=prod", "--threads", "8"])
    assert "--target" not in found
    assert "--threads" not in found
    assert "--project-dir" in found


def test_dbt_is_told_to_stay_off_the_terminal():
    found = workspace().arguments(ALL)
    assert found[found.index("--log-level") + 1] == "none"


def test_variables_are_json_in_a_stable_order():
    found = workspace(vars={"b": 1, "as_of": "2026"}).arguments(ALL)
    text = found[found.index("--vars") + 1]
    assert json.loads(text) == {"as_of": "2026", "b": 1}
    assert text.index("as_of") < text.index("b")


def test_values_for_the_environment_stay_out_of_repr():
    assert "hunter2" not in repr(workspace(env={"TOKEN": "hunter2"}))
