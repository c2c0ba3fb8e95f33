"""One pipeline by Dagster: `python run_dagster.py PROJECT BUCK PIPELINE`; the last line is JSON."""

import json
import sys
from datetime import UTC, datetime

import dagster as dg

from buck.integrations.dagster import definitions

project, buck, pipeline = sys.argv[1:]
defs = definitions(project, executable=buck, backfill_from=datetime(2026, 1, 1, tzinfo=UTC))
graph = defs.resolve_asset_graph()
payments = dg.AssetKey(["finance", "fct_payments"])
schedules = {s.name: s.cron_schedule for s in defs.schedules or ()}
with dg.DagsterInstance.ephemeral() as instance:
    done = defs.resolve_job_def(pipeline).execute_in_process(
        instance=instance, raise_on_error=False
    )
    materialised = done.get_asset_materialization_events()
    checks = done.get_asset_check_evaluations()
    found = {
        "ok": done.success,
        "tasks": sorted({e.step_key for e in done.all_events if e.is_step_success}),
        "failed": sorted({e.step_key for e in done.all_events if e.is_step_failure}),
        "retries": sum(e.is_step_up_for_retry for e in done.all_events),
        "snapshots": sorted(
            {
                m.value
                for e in materialised
                for name, m in e.materialization.metadata.items()
                if name == "snapshot"
            }
        ),
        "refused": sorted("/".join(c.asset_key.path) for c in checks if not c.passed),
        "checks": len(checks),
        "upstream": sorted("/".join(k.path) for k in graph.get(payments).parent_keys),
        "schedules": schedules,
        "partitions": defs.resolve_job_def(
            f"{pipeline}_backfill"
        ).partitions_def.get_first_partition_key(),
    }
sys.stdout.write("\n" + json.dumps(found) + "\n")
