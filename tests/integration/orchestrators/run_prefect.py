"""One pipeline by Prefect: `python run_prefect.py PROJECT BUCK PIPELINE`; the last line is JSON."""

from __future__ import annotations

import json
import sys

from prefect import get_client
from prefect.client.schemas.objects import StateType
from prefect.testing.utilities import prefect_test_harness

from buck.integrations.prefect import deployments, flows

project, buck, pipeline = sys.argv[1:]
with prefect_test_harness(server_startup_timeout=120):
    state = flows(project, executable=buck)[pipeline](return_state=True)
    told = state.result(raise_on_failure=False)
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs()
    found = {
        "ok": state.is_completed(),
        "tasks": sorted(
            r.name.rpartition("-")[0] for r in runs if r.state_type == StateType.COMPLETED
        ),
        "failed": sorted(
            r.name.rpartition("-")[0] for r in runs if r.state_type == StateType.FAILED
        ),
        "retries": sum(max(r.run_count - 1, 0) for r in runs),
        "snapshots": [told["snapshot"]] if state.is_completed() else [],
        "schedules": {
            d.flow_name: d.schedules[0].schedule.cron
            for d in deployments(project, executable=buck)
            if d.schedules
        },
    }
sys.stdout.write("\n" + json.dumps(found) + "\n")
