"""Orchestrators give the lake and the marts that `buck run` gives, and stop where its gate does.

`just soak-orchestrators` asks all of them; the run of every day one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeProject
from tests.integration.orchestrators.environments import PACKAGES, CannotInstall, install

CHOSEN = list(PACKAGES) if "SOAK_ORCHESTRATORS" in os.environ else ["dagster"]
BUCK = Path(sys.executable).with_name("buck")
PIPELINE = "customer_360"
LANDED = {
    "dagster": ["land_app", "land_salesforce", "land_stripe"],
    "airflow": [
        "extract_load.land_app",
        "extract_load.land_salesforce",
        "extract_load.land_stripe",
    ],
    "prefect": ["land app", "land salesforce", "land stripe"],
}
BUILT = {"dagster": "build", "airflow": "transform.build", "prefect": "build"}
PUBLISHED = {
    "dagster": "check_and_publish",
    "airflow": "data_quality.check_and_publish",
    "prefect": "check and publish",
}


@pytest.mark.parametrize("name", CHOSEN)
def test_an_orchestrator_gives_what_a_run_gives(
    name: str, make_project: MakeProject, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    try:
        python = install(pytestconfig.cache.mkdir(f"orchestrator-{name}"), name)
    except CannotInstall as exc:
        pytest.skip(f"{name} cannot be installed: {exc}")

    def orchestrate() -> dict[str, Any]:
        script = Path(__file__).with_name(f"run_{name}.py")
        done = subprocess.run(
            [str(python), str(script), str(project.root), str(BUCK), PIPELINE],
            capture_output=True,
            text=True,
            check=False,
            env=_quiet(tmp_path),
        )
        assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    project = make_project(name)
    try:
        project.buck("sandbox", "up", "--customers", "20", "--days", "20").expect(0)
        reference = project.copy(tmp_path / "reference")
        reference.buck("run", PIPELINE).expect(0)

        found = orchestrate()
        assert found["ok"], found
        assert found["failed"] == []
        assert found["tasks"] == sorted([*LANDED[name], BUILT[name], PUBLISHED[name]])
        assert project.facts() == reference.facts()
        runs = project.buck("pipeline", "status", "--json").expect(0).json["runs"]
        assert {run["pipeline"]: run["status"] for run in runs} == {
            PIPELINE: "ok",
            f"build {PIPELINE}": "ok",
            "land app": "ok",
            "land salesforce": "ok",
            "land stripe": "ok",
        }
        if name == "dagster":
            assert found["snapshots"] == ["000001"]
            assert found["checks"] == len(project.content())
            assert "staging/stg_stripe__charges" in found["upstream"]
            assert found["partitions"] == "2026-01-01"
        assert all(found["schedules"].values()), found["schedules"]

        published = project.content()
        project.buck("sandbox", "spoil", "negative_amounts").expect(0)
        refused = orchestrate()
        assert not refused["ok"]
        assert refused["failed"] == [PUBLISHED[name]]
        assert refused["retries"] == 0, "a closed gate does not open by itself"
        assert project.content() == published
        if name == "dagster":
            assert "finance/fct_payments" in refused["refused"]
    finally:
        project.buck("sandbox", "down")


def _quiet(home: Path) -> dict[str, str]:
    """The machine's environment, with what orchestrators keep in a folder of the test's own."""
    return os.environ | {
        "HOME": str(home),
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DAGSTER_HOME": "",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
