"""`buck doctor --target`: what a warehouse lacks, each with its cure, and whether it answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.warehouses.conftest import PASSWORD

NEEDED = {
    "bigquery": {"package", "project", "credentials"},
    "snowflake": {"package", "account", "private_key"},
    "redshift": {"package", "host", "password"},
    "databricks": {"package", "host", "http_path", "token"},
}
GIVEN = {
    "bigquery": {
        "BUCK_BIGQUERY_PROJECT": "ours",
        "BUCK_BIGQUERY_METHOD": "oauth-secrets",
        "DBT_ENV_SECRET_BIGQUERY_TOKEN": "canary",
    },
    "snowflake": {
        "BUCK_SNOWFLAKE_ACCOUNT": "ours-eu",
        "DBT_ENV_SECRET_SNOWFLAKE_KEY": "canary",
    },
    "redshift": {
        "BUCK_REDSHIFT_HOST": "db.example.com",
        "DBT_ENV_SECRET_REDSHIFT_PASSWORD": "canary",
        "BUCK__LAKE__ROOT": "s3://team/lake",
    },
    "databricks": {
        "BUCK_DATABRICKS_HOST": "ours.cloud.databricks.com",
        "BUCK_DATABRICKS_PATH": "/sql/1.0/warehouses/a1",
        "DBT_ENV_SECRET_DATABRICKS_TOKEN": "canary",
    },
}


def findings(project: Any, target: str, code: int, **env: str) -> dict[str, dict[str, str]]:
    done = project.buck("doctor", "--target", target, "--json", env=env).expect(code)
    assert "canary" not in done.out + done.err
    return {found["subject"]: found for found in done.json}


def failed(found: dict[str, dict[str, str]]) -> set[str]:
    return {subject for subject, one in found.items() if one["status"] == "failed"}


@pytest.mark.parametrize("target", NEEDED)
def test_what_a_warehouse_lacks_is_named_with_its_cure(project: Any, target: str) -> None:
    found = findings(project, target, 1)
    assert failed(found) == NEEDED[target]
    assert found["package"]["hint"] == f"pip install 'buck-lakehouse[{target}]'"
    assert all(found[subject]["hint"] for subject in NEEDED[target])
    assert "connection" not in found, "nothing is asked before everything is there"
    assert found["promotion"]["status"] == "warned"
    # The adapter is not installed here, and that is all that is left.
    there = findings(project, target, 1, **GIVEN[target])
    assert failed(there) == {"package"}


def test_files_on_this_machine_are_no_bucket(project: Any) -> None:
    found = findings(project, "redshift", 1)
    assert found["bucket"]["status"] == "warned"
    there = findings(project, "redshift", 1, **GIVEN["redshift"])
    assert there["bucket"]["what"] == "s3://team/lake"


def test_a_warehouse_that_has_everything_answers(project: Any, access: dict[str, str]) -> None:
    found = findings(project, "postgres", 0, **access)
    assert found["connection"]["what"] == "127.0.0.1 answers"
    assert found["password"]["what"] == "is set"
    assert PASSWORD not in str(found)
    wrong = access | {"DBT_ENV_SECRET_POSTGRES_PASSWORD": "canary-x"}
    refused = findings(project, "postgres", 1, **wrong)
    assert failed(refused) == {"connection"}
    assert "nowhere" in project.buck("doctor", "--target", "nowhere").expect(2).err


def test_a_right_that_is_missing_is_named(
    project: Any, access: dict[str, str], connection: Any
) -> None:
    connection.execute(f"create role guest login password '{PASSWORD}'")
    connection.commit()
    found = findings(project, "postgres", 1, **(access | {"BUCK_POSTGRES_USER": "guest"}))
    assert failed(found) == {"connection"}
    assert "grant create on database" in found["connection"]["hint"]


def test_a_missing_adapter_is_an_install_line_everywhere(project: Any) -> None:
    for words, target in (
        (("dbt", "build", "--target", "snowflake"), "snowflake"),
        (("quality", "check", "--target", "redshift"), "redshift"),
        (("promote", "--target", "bigquery"), "bigquery"),
    ):
        done = project.buck(*words).expect(2)
        assert f"hint: pip install 'buck-lakehouse[{target}]'" in done.err
