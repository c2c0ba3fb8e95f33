"""The project: settings, paths and secrets, resolved once and passed down."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from buck.errors import ConfigError
from buck.project.loading import (
    DEFAULT_ENVIRONMENT,
    FILE,
    OVERRIDE_PREFIX,
    find_root,
    read_settings,
)
from buck.project.notices import Notice, read_notices
from buck.project.references import resolve
from buck.project.settings import Pipeline, Settings, Source
from buck.project.variables import is_sandboxed, quiet_dependencies, read_sandbox, read_variables
from buck.records.access import S3Access

ALL = "all"
"""The pipeline that every project has: all sources, all models."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project in one environment. Secrets are looked up when asked for, and never shown."""

    root: Path
    environment: str
    settings: Settings
    origins: Mapping[str, str]
    variables: Mapping[str, str] = field(repr=False)

    @property
    def work(self) -> Path:
        """The private folder: build database, locks, scratch. All of it can be deleted."""
        return self.root / "lake" / ".buck"

    @property
    def sandbox_folder(self) -> Path:
        """Where the simulated company lives."""
        return self.work / "sandbox"

    @property
    def uses_sandbox(self) -> bool:
        """Whether the sources are the simulated company's."""
        return self.environment != "prod" and is_sandboxed(
            self.sandbox_folder / "environment.json", self.variables
        )

    @property
    def pipelines_dir(self) -> Path:
        """The user's sources."""
        return self.root / "pipelines"

    @property
    def transform_dir(self) -> Path:
        """The user's dbt project."""
        return (self.root / self.settings.dbt.project_dir).resolve()

    @property
    def profiles_dir(self) -> Path:
        """Where dbt's profiles.yml is."""
        return (self.root / self.settings.dbt.profiles_dir).resolve()

    @property
    def build_database(self) -> Path:
        """The private database that holds the candidates."""
        return self.work / "build.duckdb"

    @property
    def ops_database(self) -> Path:
        """The tables of the run record, made from the ledger alone."""
        return self.root / "lake" / "ops.duckdb"

    @property
    def lake_root(self) -> str:
        """The lake's root: an absolute path, or `s3://…`."""
        root = str(resolve(self.settings.lake.root, self.variables, path="lake.root"))
        return root if root.startswith("s3://") else str((self.root / root).resolve())

    @property
    def s3(self) -> S3Access | None:
        """Access to the lake's bucket, if it is in one."""
        return self.access_to(self.lake_root)

    def access_to(self, address: str) -> S3Access | None:
        """Access to a bucket with the lake's keys; None for a folder."""
        if not address.startswith("s3://"):
            return None
        given = {
            key: str(resolve(getattr(self.settings.lake, key), self.variables, path=f"lake.{key}"))
            for key in ("region", "endpoint", "key_id", "secret", "session_token")
        }
        return S3Access(**given)

    @property
    def storage_access(self) -> str:
        """By what a warehouse reads the lake's bucket; empty for what it takes by itself."""
        given = self.settings.warehouse.storage_access
        return str(resolve(given, self.variables, path="warehouse.storage_access"))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the file says that happens otherwise."""
        return read_notices(self.settings, self.origins)

    @property
    def config_hash(self) -> str:
        """Names this configuration in the ledger; secrets are not part of it."""
        return hashlib.sha256(self.settings.model_dump_json().encode()).hexdigest()[:16]

    def as_of(self, given: datetime | None = None) -> datetime:
        """The time of a run: as given, else `BUCK_AS_OF` (the sandbox sets it), else now."""
        if given is not None:
            return given
        text = self.variables.get("BUCK_AS_OF")
        if not text:
            return datetime.now(UTC)
        try:
            at = datetime.fromisoformat(text)
        except ValueError as exc:
            raise ConfigError(
                f"BUCK_AS_OF is {text!r}, not a time", hint="write 2026-01-31T00:00:00+00:00"
            ) from exc
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def source(self, name: str) -> Source:
        """The settings of one source.

        Raises:
            ConfigError: the file has no such source.
        """
        try:
            return self.settings.sources[name]
        except KeyError:
            raise ConfigError(
                f"{FILE} has no source {name!r}",
                hint=f"add sources.{name}; known: {', '.join(self.settings.sources) or 'none'}",
            ) from None

    def source_options(self, name: str) -> dict[str, Any]:
        """A source's options, references resolved.

        Raises:
            ConfigError: a variable is not set.
        """
        found = resolve(self.source(name).options, self.variables, path=f"sources.{name}.options")
        assert isinstance(found, dict)
        return found

    def raw_prefix(self, source: str) -> str:
        """What the names of a source's raw tables begin with."""
        given = self.settings.sources.get(source)
        return (given.schema_ if given else None) or f"raw_{source}"

    @property
    def pipelines(self) -> dict[str, Pipeline]:
        """Every pipeline by name: `all`, those that are only scheduled, those that are defined.

        A schedule called `<source>_pipeline` lands that source; any other one lands everything.
        """
        found = {ALL: Pipeline()}
        for name in self.settings.orchestration.schedules:
            source = name.removesuffix("_pipeline")
            known = source in self.settings.sources
            found[name] = Pipeline(sources=[source] if known else [])
        return found | self.settings.pipelines

    def pipeline(self, name: str | None) -> tuple[str, Pipeline]:
        """A pipeline by name; `all` if none is given.

        Raises:
            ConfigError: the file has no such pipeline.
        """
        pipelines = self.pipelines
        chosen = name or ALL
        if chosen not in pipelines:
            near = difflib.get_close_matches(chosen, pipelines, n=1)
            raise ConfigError(
                f"{FILE} has no pipeline {chosen!r}",
                hint=f"did you mean {near[0]}?"
                if near
                else f"there is {', '.join(sorted(pipelines))}; or add pipelines.{chosen}",
            )
        _refuse_circles(chosen, pipelines, ())
        return chosen, pipelines[chosen]


def _refuse_circles(name: str, pipelines: Mapping[str, Pipeline], above: tuple[str, ...]) -> None:
    """Every pipeline that this one waits for exists, and none waits for itself."""
    path = (*above, name)
    if name not in pipelines:
        raise ConfigError(
            f"pipelines.{above[-1]}.depends_on names {name!r}, which is no pipeline",
            hint=f"write one of {', '.join(pipelines)}",
        )
    if name in above:
        raise ConfigError(
            f"pipelines wait for each other: {' → '.join(path)}",
            hint=f"take one out of pipelines.{above[-1]}.depends_on",
        )
    for upstream in pipelines[name].depends_on:
        _refuse_circles(upstream, pipelines, path)


def open_project(
    start: Path, *, environment: str | None = None, prefer_sandbox: bool = False
) -> Project:
    """Read the project at or above a folder, in one environment (`BUCK_ENV`, else dev).

    Args:
        start: A folder.
        environment: One of `environments` in the file.
        prefer_sandbox: Take the sandbox's credentials even where real ones are set.

    Raises:
        ConfigError: see `read_settings`.
    """
    root = find_root(start.resolve())
    sandbox = root / "lake" / ".buck" / "sandbox" / "environment.json"
    variables = read_variables(root, None)
    chosen = environment or variables.get("BUCK_ENV")
    if (chosen or DEFAULT_ENVIRONMENT) != "prod":
        # The sandbox stands in for sources nobody has given credentials for; never in production.
        variables = read_variables(root, sandbox)
    if prefer_sandbox:
        variables |= read_sandbox(sandbox)
    overrides = {k: v for k, v in variables.items() if k.startswith(OVERRIDE_PREFIX)}
    settings, origins = read_settings(root / FILE, chosen, overrides)
    project = Project(root, chosen or DEFAULT_ENVIRONMENT, settings, origins, variables)
    quiet_dependencies(project.work)
    return project
