"""A flow per pipeline, for Prefect 3: `serve("/srv/shop")`, or deployments of your own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import Flow, Task, flow, get_run_logger, task
from prefect import serve as serve_deployments
from prefect.deployments.runner import RunnerDeployment
from prefect.runtime import flow_run
from prefect.schedules import Cron
from prefect.tasks import exponential_backoff

from buck.integrations.parts import Plan, StepFailed, read_plans


def flows(
    project: str | Path, *, executable: str = "buck", environment: str | None = None
) -> dict[str, Flow[[], dict[str, Any]]]:
    """One flow for each pipeline of `.buck.yml`, by its name.

    Its tasks land the sources, build the candidates, and check and publish them. Retries with
    growing delay and the timeout are those of the file; what cannot pass by itself, such as a
    closed gate, is not tried again. A flow returns what its last task says: status, snapshot,
    checks.

    Raises:
        ConfigError: the file cannot be read.
    """
    plans = read_plans(project, executable=executable, environment=environment)
    return {plan.name: _flow(plan) for plan in plans}


def deployments(
    project: str | Path, *, executable: str = "buck", environment: str | None = None
) -> list[RunnerDeployment]:
    """A deployment for each pipeline, with the schedule of `.buck.yml` if it has one."""
    plans = read_plans(project, executable=executable, environment=environment)
    found = []
    for plan in plans:
        schedule = plan.schedule
        given = Cron(schedule.cron, timezone=schedule.timezone) if schedule else None
        limit = schedule.max_active_runs if schedule else 1
        found.append(
            _flow(plan).to_deployment(
                name="buck", schedule=given, concurrency_limit=limit, tags=["buck"]
            )
        )
    return found


def serve(project: str | Path, *, executable: str = "buck", environment: str | None = None) -> None:
    """Register all deployments with Prefect's server and run them here, until stopped."""
    serve_deployments(*deployments(project, executable=executable, environment=environment))


def _flow(plan: Plan) -> Flow[[], dict[str, Any]]:
    landing = {source: _task(plan, f"land {source}") for source in plan.sources}
    build, publish = _task(plan, "build"), _task(plan, "check and publish")

    def pipeline() -> dict[str, Any]:
        landed = [one.submit(plan.land(source)) for source, one in landing.items()]
        built = build.submit(plan.build(), wait_for=landed)
        last = publish.submit(plan.publish(due_at=_due_at()), wait_for=[built])
        told: dict[str, Any] = last.result()
        return told

    return flow(name=plan.name, timeout_seconds=plan.timeout_s)(pipeline)


def _task(plan: Plan, name: str) -> Task[[list[str]], dict[str, Any]]:
    def execute(command: list[str]) -> dict[str, Any]:
        return plan.run(command, say=get_run_logger().info)

    growing = exponential_backoff(backoff_factor=plan.delay_s)(plan.retries) if plan.retries else []
    delays = [min(delay, plan.max_delay_s) for delay in growing]
    return task(
        name=name,
        retries=plan.retries,
        retry_delay_seconds=delays or 0,
        retry_jitter_factor=0.5 if delays else None,
        retry_condition_fn=_can_pass,
    )(execute)


def _can_pass(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failure may pass by itself."""
    exc = state.result(raise_on_failure=False)
    return not isinstance(exc, StepFailed) or exc.can_pass


def _due_at() -> datetime | None:
    """The moment of the schedule that a run is for; none if a person started it."""
    is_scheduled = "auto-scheduled" in (flow_run.tags or [])
    at: datetime | None = flow_run.scheduled_start_time if is_scheduled else None
    return at
