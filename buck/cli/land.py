"""`python pipelines/<name>_pipeline.py`: a source file that is run as a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from buck.cli.app import boundary
from buck.cli.render import mark, say, show
from buck.cli.signals import watch_signals
from buck.errors import LoadDegraded


def land_script(pipeline_file: str | Path, *, environment: str | None) -> dict[str, Any]:
    """Land the file's source, say what came, and leave with Buck's exit codes if it fails."""
    from buck.flow.land import land_file

    watch_signals()
    with boundary():
        report = land_file(pipeline_file, environment=environment)
    is_degraded: bool = report["is_degraded"]
    status = "degraded" if is_degraded else "ok"
    tables = report["tables"]
    count = f"{report['rows_landed']:,} new rows in {len(tables)} tables"
    show(f"{mark(status, err=False)} land {report['source']}: {count} ({report['seconds']:.1f} s)")
    received = sum(t["rows_received"] for t in tables)
    known = sum(t["rows_unchanged"] for t in tables)
    held = report["rows_quarantined"]
    say(f"{received:,} received = {report['rows_landed']:,} new + {known:,} known + {held:,} held")
    for table in tables:
        for incident in table["incidents"]:
            about = ".".join(filter(None, (incident["table"], incident["column"])))
            say(f"! {about} {incident['kind'].replace('_', ' ')}: {incident['detail']}")
    for table, reason in report["skipped"].items():
        say(f"! {table} was left out: {reason}")
    for table, figures in report["exceeded"].items():
        say(f"! {table} is incomplete: {figures}")
    say("next: buck quarantine list" if held else "next: buck run")
    if is_degraded:
        raise SystemExit(LoadDegraded.exit_code)
    return report
