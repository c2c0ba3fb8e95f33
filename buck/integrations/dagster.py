"""A project as Dagster's assets: `defs = definitions("/srv/shop")` in a module that it loads."""

# Dagster reads the types of operations' contexts as objects: annotations are not put off here.
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg

from buck.flow.lineage import read_lineage
from buck.integrations.parts import Plan, StepFailed, plans_of
from buck.project import Project, open_project
from buck.records.build import ModelFacts

PIPELINE, DUE = "buck/pipeline", "buck/due"
"""Tags of a run: which pipeline of `.buck.yml` it is, and for which moment of its schedule."""
GATE = "gate"
PARTITIONS = {
    "hour": dg.HourlyPartitionsDefinition,
    "day": dg.DailyPartitionsDefinition,
    "month": dg.MonthlyPartitionsDefinition,
}


def definitions(
    project: str | Path,
    *,
    executable: str = "buck",
    environment: str | None = None,
    backfill_from: datetime | None = None,
) -> dg.Definitions:
    """Assets for every raw table and model with their lineage, and a job for each pipeline.

    Each source is landed by one operation, the models that nobody reads yet are built by one, and
    the marts are checked and published, all or none, by one. Every mart has an asset check `gate`
    and the freshness that `.buck.yml` asks for; materialisations tell rows, runs and snapshots.
    Jobs have the schedules, retries and timeouts of the file; what cannot pass by itself is not
    tried again.

    Args:
        project: The project's folder. A project that dbt has not parsed yet is parsed now.
        executable: The `buck` command, if it is not on the path.
        environment: The environment of `.buck.yml`.
        backfill_from: Adds a job `<pipeline>_backfill` whose partitions, one for each
            `performance.partitioning.default_granularity` since then, land that stretch again.

    Raises:
        ConfigError: the file cannot be read.
    """
    opened = open_project(Path(project), environment=environment)
    plans = plans_of(opened, executable=executable, environment=environment)
    models = _in_order(read_lineage(opened).models)
    if not models:
        subprocess.run(
            [executable, "dbt", "parse"], cwd=opened.root, check=True, capture_output=True
        )
        models = _in_order(read_lineage(opened).models)
    inner = [model for model in models if model.layer != "marts"]
    raw = _raw_keys(models)
    assets = [_landing(source, raw.get(source, []), plans) for source in _sources(plans)]
    assets += [_building(inner, plans), _publishing(opened, models, plans)]
    jobs = [_job(plan, raw, models) for plan in plans]
    schedules = [
        _schedule(plan, job) for plan, job in zip(plans, jobs, strict=True) if plan.schedule
    ]
    if backfill_from:
        grain = opened.settings.performance.partitioning.default_granularity
        jobs += [_backfill(plan, grain, backfill_from) for plan in plans]
    return dg.Definitions(assets=assets, jobs=jobs, schedules=schedules)


def _in_order(models: Sequence[ModelFacts]) -> list[ModelFacts]:
    """Each after those it is made from, as Dagster wants to hear of them."""
    known = {model.unique_id: model for model in models}
    order = TopologicalSorter({model.unique_id: model.depends_on for model in models})
    return [known[node] for node in order.static_order() if node in known]


def _sources(plans: Sequence[Plan]) -> list[str]:
    return sorted({source for plan in plans for source in plan.sources})


def _raw_keys(models: Sequence[ModelFacts]) -> dict[str, list[dg.AssetKey]]:
    """The raw tables that models read, by source."""
    found: dict[str, list[dg.AssetKey]] = {}
    for node in sorted({n for m in models for n in m.depends_on if n.startswith("source.")}):
        *_, source, table = node.split(".")
        found.setdefault(source, []).append(dg.AssetKey(["raw", source, table]))
    return found


def _key(model: ModelFacts) -> dg.AssetKey:
    return dg.AssetKey([model.schema, model.name])


def _spec(model: ModelFacts, models: dict[str, ModelFacts], **more: Any) -> dg.AssetSpec:
    above = [node for node in model.depends_on if node.startswith("source.")]
    deps = [dg.AssetKey(["raw", *node.split(".")[-2:]]) for node in above]
    deps += [_key(models[node]) for node in model.depends_on if node in models]
    more["owners"] = [f"team:{model.owner}"] if model.owner else None
    return dg.AssetSpec(_key(model), deps=deps, group_name=model.layer or None, **more)


def _retry(plans: Sequence[Plan]) -> dg.RetryPolicy | None:
    """The most patient pipeline's, since operations belong to all of them."""
    patient = max(plans, key=lambda plan: plan.retries, default=None)
    if patient is None or not patient.retries:
        return None
    return dg.RetryPolicy(
        max_retries=patient.retries,
        delay=patient.delay_s,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )


def _plan(context: Any, plans: Sequence[Plan]) -> Plan:
    """The pipeline that a run is of; the first that has all sources if a person chose assets."""
    named = {plan.name: plan for plan in plans}
    whole = max(plans, key=lambda plan: len(plan.sources))
    return named.get(context.run.tags.get(PIPELINE), whole)


def _run(context: Any, plan: Plan, command: list[str]) -> dict[str, Any]:
    try:
        return plan.run(command, say=context.log.info)
    except StepFailed as exc:
        if exc.can_pass or exc.is_gate_closed:
            raise
        raise dg.Failure(str(exc), allow_retries=False) from exc


def _landing(source: str, keys: list[dg.AssetKey], plans: Sequence[Plan]) -> dg.AssetsDefinition:
    able = [plan for plan in plans if source in plan.sources]

    @dg.multi_asset(
        name=f"land_{source}",
        specs=[dg.AssetSpec(key, group_name="raw", kinds={"delta"}) for key in keys],
        retry_policy=_retry(able),
    )
    def land(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        plan = _plan(context, able)
        report = _run(context, plan, plan.land(source))
        rows = {table["table"]: table["rows_landed"] for table in report["tables"]}
        for key in keys:
            new = rows.get(".".join(key.path[1:]), 0)
            yield dg.MaterializeResult(asset_key=key, metadata={"rows_landed": new})

    return land


def _building(models: Sequence[ModelFacts], plans: Sequence[Plan]) -> dg.AssetsDefinition:
    known = {model.unique_id: model for model in models}

    @dg.multi_asset(
        name="build",
        specs=[_spec(model, known, kinds={"dbt", "duckdb"}) for model in models],
        retry_policy=_retry(plans),
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        plan = _plan(context, plans)
        told = _run(context, plan, plan.build())
        about = {"run": told["run_id"], "status": told["status"]}
        for model in models:
            yield dg.MaterializeResult(asset_key=_key(model), metadata=about)

    return build


def _publishing(
    project: Project, models: Sequence[ModelFacts], plans: Sequence[Plan]
) -> dg.AssetsDefinition:
    known = {model.unique_id: model for model in models}
    marts = [model for model in models if model.layer == "marts"]
    limits = project.settings.data_quality.freshness

    def spec(mart: ModelFacts) -> dg.AssetSpec:
        warns, fails = limits.limits_s("mart", f"{mart.schema}.{mart.name}", "load")
        policy = dg.FreshnessPolicy.time_window(
            fail_window=timedelta(seconds=fails),
            warn_window=timedelta(seconds=warns) if warns < fails else None,
        )
        return _spec(mart, known, kinds={"dbt", "duckdb"}, freshness_policy=policy)

    @dg.multi_asset(
        name="check_and_publish",
        specs=[spec(mart) for mart in marts],
        check_specs=[dg.AssetCheckSpec(GATE, asset=_key(mart)) for mart in marts],
        retry_policy=_retry(plans),
    )
    def publish(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        plan = _plan(context, plans)
        due = context.run.tags.get(DUE)
        try:
            command = plan.publish(due_at=datetime.fromisoformat(due) if due else None)
            told = _run(context, plan, command)
        except StepFailed as exc:
            if not exc.is_gate_closed:
                raise
            yield from _refusals(marts, exc)
            raise dg.Failure(str(exc), allow_retries=False) from exc
        about = {"snapshot": told["snapshot"], "run": told["run_id"], "status": told["status"]}
        for mart in marts:
            yield dg.AssetCheckResult(passed=True, asset_key=_key(mart), check_name=GATE)
            yield dg.MaterializeResult(asset_key=_key(mart), metadata=about)

    return publish


def _refusals(marts: Sequence[ModelFacts], exc: StepFailed) -> Iterator[dg.AssetCheckResult]:
    """What the gate says of each mart; a check of a table below counts for all of them."""
    blocking = exc.found.get("blocking", [])
    names = {(mart.schema, mart.name) for mart in marts}
    shared = [b for b in blocking if (b["schema"], b["table"]) not in names]
    for mart in marts:
        own = [b for b in blocking if (b["schema"], b["table"]) == (mart.schema, mart.name)]
        told = {b["name"]: b["message"] or "failed" for b in own + shared}
        yield dg.AssetCheckResult(
            passed=not told, asset_key=_key(mart), check_name=GATE, metadata=told
        )


def _job(plan: Plan, raw: dict[str, list[dg.AssetKey]], models: Sequence[ModelFacts]) -> Any:
    keys = [key for source in plan.sources for key in raw.get(source, [])]
    chosen = dg.AssetSelection.assets(*keys, *(_key(model) for model in models))
    tags = {PIPELINE: plan.name}
    if plan.timeout_s:
        tags["dagster/max_runtime"] = str(plan.timeout_s)
    return dg.define_asset_job(plan.name, selection=chosen, tags=tags)


def _schedule(plan: Plan, job: Any) -> dg.ScheduleDefinition:
    assert plan.schedule is not None
    schedule = plan.schedule

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(tags={DUE: context.scheduled_execution_time.isoformat()})

    return dg.ScheduleDefinition(
        name=f"{plan.name}_schedule",
        job=job,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.timezone,
        execution_fn=request,
    )


def _backfill(plan: Plan, grain: str, start: datetime) -> dg.JobDefinition:
    parts = PARTITIONS.get(grain, dg.MonthlyPartitionsDefinition)(start_date=start)

    @dg.op(name=f"{plan.name}_backfill_part")
    def part(context: dg.OpExecutionContext) -> None:
        window = context.partition_time_window
        told = _run(context, plan, plan.backfill(window.start, window.end))
        context.add_output_metadata({"rows_landed": told["rows_landed"], "run": told["run_id"]})

    @dg.job(name=f"{plan.name}_backfill", partitions_def=parts)
    def backfill() -> None:
        part()

    return backfill
