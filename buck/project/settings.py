"""Every section and key of `.buck.yml`, with its default and its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from buck.project.lake_settings import LakeSettings
from buck.project.observability_settings import Observability
from buck.project.sections import Duration, Section, duration_s
from buck.records.volume import AnomalyMetric, AnomalyRule


class Connection(BaseModel):
    """How to reach one warehouse; its keys are those of the warehouse's dbt adapter."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Names only; values may be secrets."""
        yield from ((name, "…") for name in self.model_extra or ())


class Schemas(Section):
    """What each layer's schema is called in a warehouse."""

    raw: str = "raw"
    staging: str = "staging"
    intermediate: str = "intermediate"
    marts: str = "marts"


class Warehouse(Section):
    """Where `buck promote` goes. Everything is built and checked on DuckDB first."""

    type: Literal["duckdb", "snowflake", "bigquery", "redshift", "databricks", "postgres"] = (
        "duckdb"
    )
    snowflake: Connection | None = None
    bigquery: Connection | None = None
    redshift: Connection | None = None
    databricks: Connection | None = None
    postgres: Connection | None = None
    schemas: Schemas = Schemas()
    schema_prefix: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,20})?$")
    """Before every schema that Buck has in a warehouse, so that environments share a database."""
    price_per_tb: float | None = Field(default=None, ge=0)
    """What the warehouse asks for a terabyte scanned; `buck promote --plan` estimates with it."""
    currency: str = "USD"
    """The price's currency."""
    storage_access: str = ""
    """By what the warehouse reads the lake's bucket: a role's ARN (Redshift; its default role
    without one), an external volume (Snowflake) or a connection (BigQuery)."""


class LayerModels(Section):
    """How a layer is built unless a model says otherwise."""

    materialized: Literal["view", "table", "incremental", "ephemeral"] | None = None


class Dbt(Section):
    """The dbt project."""

    project_dir: str = "./transform"
    profiles_dir: str = "./transform"
    target: str = "duckdb"
    """Used by what names a target; without one, commands build on DuckDB."""
    vars: dict[str, Any] = Field(default_factory=dict)
    models: dict[str, LayerModels] = Field(default_factory=dict)


Contract = Literal["evolve", "freeze", "quarantine"]


class QuarantineLimits(Section):
    """How much of a table's batch may be held back before its load counts as incomplete."""

    max_rows: int = Field(default=10, ge=0)
    max_share: float = Field(default=0.01, ge=0, le=1)
    """Both limits must be passed: a share of many rows, a number where there are few."""


class Source(Section):
    """One source of raw tables."""

    type: Literal["api", "database", "files", "stream"] = "api"
    connector: Literal["dlt", "fivetran", "airbyte", "debezium"] = "dlt"
    """`dlt` lands with Buck; the others land by themselves and Buck only reads."""
    schema_: str | None = Field(default=None, alias="schema")
    """Prefix of the raw tables' names; `raw_<source>` if not given."""
    pipeline: str | None = None
    """The file `pipelines/<pipeline>_pipeline.py`; the source's own name if not given."""
    sync_frequency: str | None = None
    mode: Literal["batch", "cdc"] = "batch"
    format: Literal["delta", "parquet", "json"] = "delta"
    contract: Contract | None = None
    """What a changed type or a vanished column does: `evolve` keeps misfits as text beside their
    column, `freeze` leaves the table out, `quarantine` holds the records back. If not given, what
    each table declares, which is `evolve` unless the pipeline's file says otherwise."""
    contracts: dict[str, Contract] = Field(default_factory=dict)
    """The same for single tables, by name."""
    quarantine: QuarantineLimits = QuarantineLimits()
    options: dict[str, Any] = Field(default_factory=dict, repr=False)
    """What the pipeline's dlt source takes: addresses, `{{ SECRET_NAME }}` references."""


class Schedule(Section):
    """When a pipeline runs."""

    cron: str
    catchup: bool = False
    """Whether runs that were missed are all run, oldest first; if not, one run stands for them."""
    timezone: str = "UTC"
    max_active_runs: int = Field(default=1, ge=1)
    """How many runs of the pipeline may be under way; a project has one writer, so that further
    ones only wait for it."""
    misfire: Literal["run", "skip"] = "run"
    """Without `catchup`: whether the newest of the missed runs is run late, or not at all."""
    misfire_grace: Duration = "5m"
    """How late a run may start and still be on time."""


class OwnerAlerts(Section):
    """Where news for one owner goes; what is not given is as for everybody."""

    slack_webhook: str | None = Field(default=None, repr=False)
    slack_channel: str | None = None
    email: str | None = None


class OrchestrationAlerts(Section):
    """Where news of runs goes."""

    slack_channel: str | None = None
    """Named to the webhook; many webhooks have a channel of their own and ignore it."""
    email: str | None = None
    """Several addresses are separated by commas."""
    slack_webhook: str = Field(default="", repr=False)
    """An incoming webhook's address, as a reference: `{{ SLACK_WEBHOOK_URL }}`."""
    smtp_url: str = Field(default="", repr=False)
    """`smtp://user:password@host:587` or `smtps://…`, as a reference."""
    sender: str = "buck@localhost"
    ping_url: str = Field(default="", repr=False)
    """Fetched at the end of every run: the service behind it raises the alarm when it stays away,
    which is how a dead scheduler is noticed."""
    max_per_hour: int = Field(default=12, ge=1)
    """Messages per channel; what is beyond is told by a later run."""
    owners: dict[str, OwnerAlerts] = Field(default_factory=dict)


class Orchestration(Section):
    """Who starts pipelines, and when."""

    engine: Literal["builtin", "airflow", "dagster", "prefect"] = "builtin"
    """`builtin`: `buck schedule start`. With one of the others that refuses, so that nothing is
    started twice; the orchestrator reads this file, see `buck.integrations`."""
    schedules: dict[str, Schedule] = Field(default_factory=dict)
    alerts: OrchestrationAlerts = OrchestrationAlerts()


class FreshnessLimits(Section):
    """How old one source or mart may be; what is not given is the default."""

    threshold: Duration | None = None
    """Since it was loaded, or published; beyond it `buck freshness check` warns."""
    critical: Duration | None = None
    """Beyond it `buck freshness check` ends with exit code 3."""
    event_threshold: Duration | None = None
    """Since the newest thing in it happened."""
    event_critical: Duration | None = None


class Freshness(Section):
    """How old the newest data may be."""

    default_threshold: Duration = "2h"
    critical_threshold: Duration = "4h"
    event_threshold: Duration | None = None
    """Since the newest thing in a source or mart happened; `default_threshold` if not given."""
    event_critical: Duration | None = None
    """`critical_threshold` if not given."""
    sources: dict[str, FreshnessLimits] = Field(default_factory=dict)
    """By source, what differs from the defaults."""
    marts: dict[str, FreshnessLimits] = Field(default_factory=dict)
    """By mart (`finance.fct_payments`), what differs from the defaults."""

    def limits_s(
        self, kind: Literal["source", "mart"], name: str, by: Literal["load", "event"]
    ) -> tuple[int, int]:
        """Threshold and critical threshold of one source or mart by one of its times, seconds."""
        own = (self.sources if kind == "source" else self.marts).get(name) or FreshnessLimits()
        warns, ends = own.threshold, own.critical
        if by == "event":
            warns = own.event_threshold or self.event_threshold or warns
            ends = own.event_critical or self.event_critical or ends
        return (
            duration_s(warns or self.default_threshold),
            duration_s(ends or self.critical_threshold),
        )


class TableAnomalies(Section):
    """What is unusual of one table; what is not given is as for all tables."""

    metrics: list[AnomalyMetric] | None = None
    """`[]`: nothing of this table is compared."""
    threshold: float | None = Field(default=None, gt=0)
    min_history: int | None = Field(default=None, ge=2)
    severity: Literal["warn", "fail"] | None = None


class Anomalies(Section):
    """When a number of rows, or of empty cells, is unusual: measured by the table's own history."""

    metrics: list[AnomalyMetric] = Field(default=["row_count", "missing_percent"])
    """`row_count`: rows gained a day, per raw table and mart; `missing_percent`: per column."""
    threshold: float = Field(default=5.0, gt=0)
    """How many spreads (1.4826 × the median absolute deviation) off the median are still usual."""
    min_history: int = Field(default=7, ge=2)
    """Days of history below which nothing is judged."""
    history_days: int = Field(default=56, ge=7)
    """Older days are forgotten."""
    severity: Literal["warn", "fail"] = "warn"
    """`fail`: what is unusual closes the gate."""
    tables: dict[str, TableAnomalies] = Field(default_factory=dict)
    """By table (`finance.fct_payments`, `raw.raw_app_users`), what differs."""

    def rule(self, table: str) -> AnomalyRule:
        """Thresholds of one table."""
        own = self.tables.get(table) or TableAnomalies()
        return AnomalyRule(
            threshold=own.threshold or self.threshold,
            min_history=own.min_history or self.min_history,
            history_days=self.history_days,
            is_blocking=(own.severity or self.severity) == "fail",
        )

    def metrics_of(self, table: str) -> list[AnomalyMetric]:
        """What of one table is compared."""
        own = self.tables.get(table)
        return self.metrics if own is None or own.metrics is None else own.metrics


class QualityAlerts(Section):
    """Which verdicts are told."""

    on_failure: bool = True
    on_warning: bool = True


class DataQuality(Section):
    """The checks before publishing."""

    engine: Literal["soda", "great_expectations"] = "soda"
    default_checks: list[Literal["not_null", "unique"]] = Field(default=["not_null", "unique"])
    freshness: Freshness = Freshness()
    quarantine: QuarantineLimits = QuarantineLimits()
    """How many rows of a mart one check with `on_fail: quarantine` may hold back."""
    anomaly: Anomalies = Anomalies()
    alerts: QualityAlerts = QualityAlerts()


class Incremental(Section):
    """How far back an incremental model looks."""

    lookback_days: int = Field(default=3, ge=0)


class Partitioning(Section):
    """How big tables are cut."""

    default_field: str = "created_at"
    default_granularity: Literal["hour", "day", "month", "year"] = "month"
    min_rows: int = Field(default=1_000_000, ge=0)
    """Published marts with a layout and so many rows are one file per day, month or year."""


class Clustering(Section):
    """How rows are ordered within a table."""

    enabled: bool = True
    default_keys: list[str] = Field(default_factory=lambda: ["customer_id", "created_at"])


class Performance(Section):
    """Sizes and limits."""

    incremental: Incremental = Incremental()
    partitioning: Partitioning = Partitioning()
    clustering: Clustering = Clustering()
    threads: int | None = Field(default=None, ge=1)
    max_parallel_sources: int = Field(default=3, ge=1)
    """How many sources a run lands at once; each needs memory of its own."""
    memory_limit: str | None = None
    """What DuckDB may use as models are built and checked, such as `8GB`; 3GB if not given."""

    @property
    def build_memory(self) -> str:
        """`memory_limit`, or what it is if not given."""
        return self.memory_limit or "3GB"


class PipelineAlerts(Section):
    """Where news of one pipeline goes, unless the owner has a place of their own."""

    slack_channel: str | None = None
    email: str | None = None


class Retries(Section):
    """How often a source is asked again after an error that can pass by itself."""

    count: int = Field(default=0, ge=0)
    """Further tries of one source in one run; 0: none."""
    delay: Duration = "30s"
    """Before the first further try; it doubles with each, and up to as much again is added by
    chance, so that several machines do not come back at once."""
    max_delay: Duration = "10m"
    """Never longer than this."""


class PipelineChecks(Section):
    """What a pipeline asks of the gate beyond the project's own rules.

    Nothing here opens the gate: marts are published all or none, whoever runs.
    """

    strict: list[str] = Field(default_factory=list)
    """Schemas (`finance`) and tables (`finance.fct_payments`) whose warnings close the gate too."""


class Pipeline(Section):
    """A named flow: sources, a dbt selection, checks."""

    sources: list[str] = Field(default_factory=list)
    """Which sources to land; all if empty."""
    select: str | None = None
    """A dbt selection; everything if not given."""
    checks: PipelineChecks = PipelineChecks()
    retries: Retries = Retries()
    timeout: Duration | None = None
    """A run that takes longer is stopped and has failed; what was landed stays."""
    sla: Duration | None = None
    """How long a run may take until its marts are published; longer is told, and nothing else."""
    owner: str | None = None
    depends_on: list[str] = Field(default_factory=list)
    """Other pipelines: while the newest run of one of them has failed, this one is blocked."""
    alerts: PipelineAlerts = PipelineAlerts()


class Settings(Section):
    """The whole of `.buck.yml`."""

    version: Literal[1] = 1
    warehouse: Warehouse = Warehouse()
    lake: LakeSettings = LakeSettings()
    dbt: Dbt = Dbt()
    sources: dict[str, Source] = Field(default_factory=dict)
    orchestration: Orchestration = Orchestration()
    data_quality: DataQuality = DataQuality()
    observability: Observability = Observability()
    performance: Performance = Performance()
    pipelines: dict[str, Pipeline] = Field(default_factory=dict)
    environments: dict[str, dict[str, Any] | None] = Field(default_factory=dict, repr=False)
    """Per environment, the sections that differ; merged over the file key by key."""
