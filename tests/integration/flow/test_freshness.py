"""How old sources and marts are, and at which age somebody has to know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.flow.freshness import check_freshness
from buck.project import Project, open_project

DAY_57 = datetime(2026, 2, 27, tzinfo=UTC)


def judged(project: Project, **options: Any) -> dict[tuple[str, str], Any]:
    report = check_freshness(project, **({"as_of": DAY_57} | options))
    return {(r.subject, r.by): r for r in report.results}


@pytest.fixture
def project(published: Any) -> Project:
    return open_project(published.root)


def test_what_was_just_loaded_and_published_is_fresh(project: Project) -> None:
    found = judged(project)
    assert {r.status for r in found.values() if r.by == "load"} == {"fresh"}
    assert "critical" not in {r.status for r in found.values()}
    assert found["stripe", "load"].age_s == 0
    assert found["finance.fct_payments", "load"].newest_at == DAY_57
    payments = found["finance.fct_payments", "event"]
    assert payments.about == "created_at"
    assert 0 < payments.age_s < 86_400
    assert found["core.dim_date", "event"].status == "unknown"


def test_age_counts_from_the_moment_asked_for(project: Project) -> None:
    later = judged(project, as_of=datetime(2026, 2, 27, 3, tzinfo=UTC))
    assert later["stripe", "load"].status == "stale"
    assert later["salesforce", "load"].status == "fresh", "it has limits of its own"
    assert later["finance.fct_payments", "load"].status == "stale"
    much = judged(project, as_of=datetime(2027, 3, 9, tzinfo=UTC))
    assert {r.status for r in much.values()} == {"critical", "unknown"}
    early = judged(project, as_of=datetime(2026, 2, 1, tzinfo=UTC))
    assert early["stripe", "event"].age_s == 0


def test_a_threshold_given_replaces_those_of_the_file(project: Project) -> None:
    at = datetime(2026, 2, 27, 3, tzinfo=UTC)
    wide = judged(project, as_of=at, threshold="5h")
    assert wide["stripe", "load"].status == "fresh"
    narrow = judged(project, as_of=at, threshold="1h")
    assert narrow["salesforce", "load"].status == "stale"
    assert narrow["salesforce", "load"].critical_s == 50 * 3600


def test_a_source_that_was_never_loaded_is_critical(make_project: Any) -> None:
    fresh = make_project("never")
    fresh.env.update(STRIPE_API_KEY="rk_test_x")
    found = judged(open_project(fresh.root))
    assert {r.status for (_, by), r in found.items() if by == "load"} == {"critical"}
    assert found["stripe", "load"].about == "never loaded"


def test_a_run_that_finds_nothing_new_makes_everything_fresh(published: Any, copy_of: Any) -> None:
    copy = copy_of(published)
    copy.buck("run", "--json", "--as-of", "2026-02-27T06:00:00").expect(0)
    at = datetime(2026, 2, 27, 7, tzinfo=UTC)
    found = judged(open_project(copy.root), as_of=at)
    assert {found[s, "load"].age_s for s in ("stripe", "app", "finance.fct_payments")} == {3600}
    assert found["finance.fct_payments", "load"].about.endswith("nothing new since")


def test_the_command_ends_with_3_when_it_is_critical(published: Any) -> None:
    good = published.buck("freshness", "check", "--as-of", "2026-02-27", "--json").expect(0)
    assert good.json["is_critical"] is False
    assert {r["kind"] for r in good.json["results"]} == {"source", "mart"}
    old = published.buck("freshness", "check", "--as-of", "2026-03-09").expect(3)
    assert "critical" in old.out
    assert "next: buck run" in old.err
    published.buck("freshness", "check", "--threshold", "soon").expect(2)


def test_checks_can_be_narrowed_to_a_layer(published: Any, copy_of: Any) -> None:
    from buck.flow.quality import check_models

    project = open_project(copy_of(published).root)
    staging = check_models(project, [], as_of=DAY_57, layer="staging")
    assert {r.check.schema for r in staging.results} == {"staging"}
    assert {r.check.engine for r in staging.results} == {"soda", "dbt", "ledger"}
    raw = check_models(project, [], as_of=DAY_57, layer="raw")
    assert {r.check.schema for r in raw.results} == {"raw"}
    one = check_models(project, ["fct_payments"], as_of=DAY_57, layer="marts")
    assert {(r.check.schema, r.check.table) for r in one.results} == {("finance", "fct_payments")}
    assert one.passed
    with pytest.raises(ConfigError, match="nothing to check"):
        check_models(project, ["fct_payments"], as_of=DAY_57, layer="raw")
