"""One pipeline by Airflow: `python run_airflow.py PROJECT BUCK PIPELINE`; the last line is JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).parent / "airflow")


def airflow(*words: str) -> str:
    done = subprocess.run([PROGRAM, *words], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def ask(*words: str) -> Any:
    """What a command says as JSON, which may come after lines of its log."""
    told = airflow(*words, "-o", "json")
    return json.JSONDecoder().raw_decode(told[told.index("[{") :])[0]


project, buck, pipeline = sys.argv[1:]
folder = Path(os.environ["AIRFLOW_HOME"]) / "dags"
folder.mkdir(parents=True, exist_ok=True)
(folder / "buck_dags.py").write_text(
    "from buck.integrations.airflow import dags\n"
    f"globals().update(dags({project!r}, executable={buck!r}))\n"
)
airflow("db", "migrate")
log = airflow("dags", "test", pipeline)
run = max(ask("dags", "list-runs", pipeline), key=lambda run: run["run_id"])
states: dict[str, list[str]] = {}
for one in ask("tasks", "states-for-dag-run", pipeline, run["run_id"]):
    states.setdefault(one["state"], []).append(one["task_id"])
found = {
    "ok": run["state"] == "success",
    "tasks": sorted(states.get("success", [])),
    "failed": sorted(states.get("failed", [])),
    "retries": log.count("up_for_retry"),
    "snapshots": [],
    "schedules": {
        "stripe_daily": "0 * * * *" in airflow("dags", "details", "stripe_daily"),
    },
}
sys.stdout.write("\n" + json.dumps(found) + "\n")
