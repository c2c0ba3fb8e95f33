"""A run in parts, each a command of its own, for orchestrators that start tasks.

`land` for each source, then `build`, then `publish`. Each part is a run in the ledger, so that one
which is killed and started again gives what it would have given. `publish` is the pipeline's own
run, the one that schedules, SLAs and other pipelines look at: it takes the candidates of `build`
if they are made of exactly what the lake holds, and builds them itself if not, on another machine
or because more has landed since.
"""

from __future__ import annotations

from collections.abc import Sequence

from buck.flow.resuming import GOOD, RUNS, Resumed
from buck.lake import Lake
from buck.ledger import newest, read_runs
from buck.records.run import Status


def land_name(source: str) -> str:
    """What the ledger calls a run that lands one source alone."""
    return f"land {source}"


def build_name(pipeline: str) -> str:
    """What the ledger calls a run that only builds a pipeline's candidates."""
    return f"build {pipeline}"


def find_built(lake: Lake, pipeline: str, sources: Sequence[str]) -> Resumed | None:
    """The newest run that only built this pipeline's candidates, if it is still to be published.

    It is not if it broke, if the pipeline has ended well since, or if anything has landed since:
    what is published then is of a later time than its.
    """
    runs = read_runs(lake.storage, limit=RUNS)
    last = newest(runs).get(build_name(pipeline))
    if last is None or last.status != Status.OK or last.as_of is None:
        return None
    since = [run for run in runs if run.run_id > last.run_id]
    if any(r.rows_landed or (r.pipeline == pipeline and r.status in GOOD) for r in since):
        return None
    return Resumed((last.run_id,), last.as_of, frozenset(sources), full_refresh=False)
