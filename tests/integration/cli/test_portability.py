"""`buck portability`: the shipped models mean the same on six engines; what does not, is named."""

from __future__ import annotations

import pytest

from buck.portability import ENGINES


@pytest.fixture(scope="module")
def project(published, tmp_path_factory):
    return published.copy(tmp_path_factory.mktemp("portability") / "project")


def test_the_shipped_project_is_clean_on_every_engine(project):
    # Nothing that a warehouse could be reached with is in the environment of a test.
    report = project.buck("portability", "--json").expect(0).json
    assert report["findings"] == []
    assert report["engines"] == list(ENGINES)
    # Every model but those that a variable of the project leaves out.
    models = {
        path.stem
        for path in (project.root / "transform" / "models").rglob("*.sql")
        if "vault" not in path.parts and "enabled=" not in path.read_text()
    }
    assert len(models) > 80
    assert models <= set(report["models"])
    assert report["statements"] > len(models) * len(ENGINES)


@pytest.fixture
def odd(project):
    """A model that no warehouse reads alike; it is gone again for whoever comes next."""
    model = project.root / "transform/models/marts/finance/odd.sql"
    model.write_text(
        "select\n    a / b as ratio,\n    now()::date as day\nfrom (select 1 as a, 2 as b) as t\n"
    )
    yield model
    model.unlink()


@pytest.mark.usefixtures("odd")
def test_a_finding_names_model_line_engine_difference_and_macro(project):
    done = project.buck("portability", "odd", "--target", "bigquery", "--target", "postgres")
    done.expect(1)
    assert "models/marts/finance/odd.sql:2 division" in done.out
    assert "PostgreSQL cuts off decimals between whole numbers" in done.out
    assert "divide(a, b, scale)" in done.out
    assert "odd.sql:3 cast_operator" in done.out
    assert "BigQuery has no ::" in done.out
    assert "Snowflake" not in done.out
    project.buck("portability", "no_such_model").expect(2)
