"""A DAG per pipeline, for Airflow 3: `globals().update(dags("/srv/shop"))` in its DAG folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup
from airflow.sdk.exceptions import AirflowFailException
from airflow.timetables.trigger import CronTriggerTimetable

from buck.integrations.parts import Plan, StepFailed, read_plans

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Airflow wants a first day; with `catchup` the schedule is caught up from it on."""


def dags(
    project: str | Path,
    *,
    executable: str = "buck",
    environment: str | None = None,
    start: datetime = START,
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, DAG]:
    """One DAG for each pipeline of `.buck.yml`, by its name.

    Its task groups are `extract_load` (a task per source), `transform` (the candidates) and
    `data_quality` (the gate, and publishing). Schedule, time zone, catchup, retries with growing
    delay, timeout and owner are those of the file. What cannot pass by itself, such as a closed
    gate, is not tried again.

    Args:
        project: The project's folder.
        executable: The `buck` command, if it is not on the workers' path.
        environment: The environment of `.buck.yml`.
        start: The first day of the schedule.
        defaults: Airflow's own arguments for every task, such as `on_failure_callback`.

    Raises:
        ConfigError: the file cannot be read.
    """
    plans = read_plans(project, executable=executable, environment=environment)
    return {plan.name: _dag(plan, start, dict(defaults or {})) for plan in plans}


def _dag(plan: Plan, start: datetime, defaults: dict[str, Any]) -> DAG:
    schedule = plan.schedule
    with DAG(
        dag_id=plan.name,
        schedule=CronTriggerTimetable(schedule.cron, timezone=schedule.timezone)
        if schedule
        else None,
        start_date=start,
        catchup=schedule.catchup if schedule else False,
        max_active_runs=schedule.max_active_runs if schedule else 1,
        dagrun_timeout=timedelta(seconds=plan.timeout_s) if plan.timeout_s else None,
        default_args=_defaults(plan) | defaults,
        tags=["buck"],
        doc_md=f"`buck pipeline show {plan.name}` tells what it does.",
    ) as dag:
        with TaskGroup("extract_load") as extract_load:
            for source in plan.sources:
                _task(f"land_{source}", plan, partial(_ignoring, plan.land, source))
        with TaskGroup("transform") as transform:
            _task("build", plan, partial(_ignoring, plan.build))
        with TaskGroup("data_quality") as data_quality:
            _task("check_and_publish", plan, plan.publish)
        extract_load >> transform >> data_quality
    return dag


def _defaults(plan: Plan) -> dict[str, Any]:
    return {
        "owner": plan.owner or "buck",
        "retries": plan.retries,
        "retry_delay": timedelta(seconds=plan.delay_s),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(seconds=plan.max_delay_s),
    }


def _task(name: str, plan: Plan, command: Callable[..., list[str]]) -> PythonOperator:
    def execute(**context: Any) -> dict[str, Any]:
        try:
            return plan.run(command(due_at=_due_at(context)), say=print)
        except StepFailed as exc:
            if exc.can_pass:
                raise
            raise AirflowFailException(str(exc)) from exc

    return PythonOperator(task_id=name, python_callable=execute)


def _ignoring(command: Callable[..., list[str]], *words: str, due_at: datetime | None) -> list[str]:
    """A command to which it is the same when its run was due."""
    return command(*words)


def _due_at(context: Mapping[str, Any]) -> datetime | None:
    """The moment of the schedule that a run is for; none if a person started it."""
    run = context["dag_run"]
    at: datetime | None = run.logical_date if str(run.run_type).endswith("scheduled") else None
    return at
