"""`buck ops build`: the ledger as tables, which no build, snapshot or promotion depends on."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import duckdb

from tests.scratch import Scratch

FOLDER = "data_pipeline_logs"


def test_tables_say_what_the_ledger_says_and_no_run_notices_them(
    published: Scratch, copy_of: Any
) -> None:
    place = copy_of(published)
    lines = events(place)
    told = place.buck("ops", "build", "--json").expect(0).json
    kinds = Counter(line["kind"] for line in lines)
    assert told["events"] == len(lines)
    assert told["checks"] > 30
    assert told["tables"]["ops_loads"] == kinds["table_landed"]
    assert told["tables"]["ops_models"] == kinds["model_built"]
    assert told["tables"]["ops_checks"] == kinds["check_judged"]
    ends = {line["run_id"]: line for line in lines if line["kind"] == "run_finished"}
    landed: Counter[str] = Counter()
    for line in lines:
        if line["kind"] == "table_landed":
            landed[line["run_id"]] += line["facts"]["rows_landed"]
    runs = ask(
        place, "select run_id, status, seconds, rows_landed from ops_pipeline_runs order by 1"
    )
    assert runs == [
        (run, end["status"], end["facts"]["seconds"], landed[run])
        for run, end in sorted(ends.items())
    ]
    waited = ask(
        place,
        "select since_due_s, event_latency_s, seconds from ops_pipeline_runs "
        "where published_snapshot is not null",
    )
    assert waited
    # An event of the moment when a run begins is in the marts as soon as the run has published.
    assert all(0 < since_due_s < 300 for since_due_s, _, _ in waited)
    assert all(0 < event_latency_s < 86_400 for _, event_latency_s, _ in waited)
    steps = ask(place, "select run_id, step, seconds from ops_pipeline_steps order by 1, 2")
    assert steps == sorted(
        (line["run_id"], line["step"], line["facts"]["seconds"])
        for line in lines
        if line["kind"] == "step_finished"
    )
    days = place.buck("query", "--ops", "--json", "from ops_pipelines_daily").expect(0).json
    figures = [sum(day[name] for day in days) for name in ("runs", "runs_ok", "rows_landed")]
    good = sum(end["status"] in ("ok", "unchanged") for end in ends.values())
    assert figures == [len(ends), good, sum(landed.values())]
    place.buck("run", "stripe_daily").expect(0)
    shown = place.buck("pipeline", "show", "stripe_daily").expect(0).out
    assert re.search(r"published within: 1h; the newest run ended \d+s after it was due", shown)
    # Neither the file nor its models are among the inputs of a build.
    model = place.root / "transform" / "ops" / "models" / "ops_loads.sql"
    model.write_text(f"-- edited\n{model.read_text()}")
    before, content = place.snapshot(), place.content()
    done = place.buck("run", "--json").expect(0).json
    assert done["status"] == "unchanged"
    assert (place.snapshot(), place.content()) == (before, content)


def test_what_has_no_end_is_unfinished_and_what_is_wrong_is_not_shown(
    project: Scratch,
) -> None:
    first = event(0, "run_started", "running", at="2026-01-31T06:00:00+00:00", environment="dev")
    write(project, "000000", first)
    write(project, "000001", event(1, "step_started", "running", step="land shop"))
    place = project
    place.buck("ops", "build").expect(0)
    assert ask(place, "select status, seconds, error from ops_pipeline_runs") == [
        ("unfinished", None, None)
    ]
    assert ask(place, "select step, status from ops_pipeline_steps") == [
        ("land shop", "unfinished")
    ]
    fine = (place.lake / "ops.duckdb").read_bytes()
    write(place, "000002", event(2, "step_finished", "splendid", step="land shop", seconds=1.0))
    closed = place.buck("ops", "build").expect(3)
    assert "1 of" in closed.err
    assert "accepted_values_ops_pipeline_steps" in closed.err
    assert (place.lake / "ops.duckdb").read_bytes() == fine, "readers see what passed"
    model = place.root / "transform" / "ops" / "models" / "ops_loads.sql"
    model.write_text(f"{model.read_text()}\nwhere nonsense")
    broken = place.buck("ops", "build").expect(1)
    assert "transform/ops/models/ops_loads.sql" in broken.err
    assert (place.lake / "ops.duckdb").read_bytes() == fine


def test_without_runs_or_models_it_says_what_to_do(project: Scratch) -> None:
    asked = project.buck("query", "--ops", "from ops_checks").expect(1)
    assert "buck ops build" in asked.err
    assert "no run is recorded yet" in project.buck("ops", "build").expect(1).err
    (project.root / "transform" / "ops" / "dbt_project.yml").unlink()
    assert "buck init" in project.buck("ops", "build").expect(2).err


def ask(place: Scratch, sql: str) -> list[tuple[Any, ...]]:
    """As a stranger would: with plain DuckDB."""
    with duckdb.connect(place.lake / "ops.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def events(place: Scratch) -> list[dict[str, Any]]:
    files = sorted((place.lake / FOLDER).rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def event(
    number: int,
    kind: str,
    status: str,
    *,
    step: str = "",
    at: str = "2026-01-31T06:00:01+00:00",
    **facts: Any,
) -> dict[str, Any]:
    told = {"run_id": "20260131T060000-aaaa", "pipeline": "shop_daily", "kind": kind, "at": at}
    return told | {"number": number, "step": step, "status": status, "facts": facts}


def write(place: Scratch, part: str, line: dict[str, Any]) -> None:
    folder = place.lake / FOLDER / "2026-01-31"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{line['run_id']}-{part}.jsonl").write_text(json.dumps(line) + "\n")
