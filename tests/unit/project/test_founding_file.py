"""The founding document's own `.buck.yml` loads as it stands, and every value is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from buck.errors import ConfigError
from buck.project import Project, open_project
from buck.project.document import read_document

FILE = Path(__file__).parent / "founding.buck.yml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".buck.yml").write_bytes(FILE.read_bytes())
    return open_project(tmp_path)


def test_every_value_is_kept(project: Project) -> None:
    written = read_document(FILE)
    held = project.settings.model_dump(mode="json", by_alias=True)

    def missing(said: object, known: object, path: str = "") -> list[str]:
        if isinstance(said, dict) and isinstance(known, dict):
            return [m for k, v in said.items() for m in missing(v, known.get(k), f"{path}.{k}")]
        return [] if said == known else [path]

    assert missing(written, held) == []


def test_what_happens_otherwise_is_said_with_what_to_write(project: Project) -> None:
    notices = {n.path: n for n in project.notices}
    assert notices["sources.stripe.connector"].value == "fivetran"
    assert notices["sources.salesforce.connector"].value == "airbyte"
    for name in ("stripe", "salesforce"):
        assert "only reads" in notices[f"sources.{name}.connector"].meaning
        assert notices[f"sources.{name}.connector"].instead.startswith("connector: dlt")
    assert notices["sources.postgres.mode"].value == "cdc"
    assert notices["data_quality.engine"].instead == "engine: soda"
    assert notices["orchestration.engine"].value == "airflow"
    assert notices["warehouse.type"].value == "snowflake"
    assert notices["dbt.target"].value == "production"


def test_nothing_is_written_outside_the_local_lake(project: Project) -> None:
    assert project.environment == "dev"
    assert project.lake_root == str(project.root / "lake")
    assert project.s3 is None


def test_paths_and_limits_are_obeyed(project: Project) -> None:
    assert project.transform_dir == project.root / "dbt"
    assert project.settings.performance.incremental.lookback_days == 3
    assert project.settings.dbt.vars == {"start_date": "2020-01-01"}
    assert project.raw_prefix("postgres") == "raw_app"


def test_schedules_are_pipelines(project: Project) -> None:
    assert set(project.pipelines) == {"all", "stripe_pipeline", "daily_marts"}
    assert project.pipeline("stripe_pipeline")[1].sources == ["stripe"]
    assert project.pipeline("daily_marts")[1].sources == []
    assert project.settings.orchestration.schedules["daily_marts"].catchup is True


def test_missing_warehouse_credentials_are_no_matter_until_used(project: Project) -> None:
    assert project.settings.warehouse.snowflake is not None
    assert project.source_options("stripe") == {}
    with pytest.raises(ConfigError, match="no pipeline 'daily_mart'") as refused:
        project.pipeline("daily_mart")
    assert refused.value.hint == "did you mean daily_marts?"
