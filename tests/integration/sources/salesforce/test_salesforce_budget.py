"""The org's daily requests are counted, and enough of them is left to others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from buck.errors import ConfigError
from tests.integration.sources.salesforce.world import NOW

DAY = timedelta(days=1)


def test_the_limits_are_asked_before_anything_else(org):
    org.put("Account", 1, at=NOW - DAY, Name="a")
    org.land("Account")
    asked = [path for path in org.server.requests if "/v62.0/" in path]
    assert asked[0].endswith("/limits")
    assert org.asked("/limits") == 1


def test_f9_a_budget_that_others_spent_leaves_everything_for_later(org):
    org.put("Account", 1, at=NOW - DAY, Name="a")
    org.server.faults.add({"requests_used": 70_000})
    report = org.land("Account", "Lead")
    assert sorted(report.skipped) == ["account", "lead"]
    assert "70001 of 100000, the budget is 70%" in report.skipped["account"]
    assert org.raw("account") == []
    assert org.asked("/queryAll") == 0
    assert org.land("Account", "Lead", api_budget=0.8).skipped == {}
    assert len(org.raw("account")) == 1


def test_f9_a_budget_that_ends_on_the_way_keeps_what_was_read(org):
    org.put("Account", 1, at=NOW - DAY, Name="a")
    for number in range(1, 2_011):
        org.put("Lead", number, at=NOW - DAY, LastName="b")
    # Enough for the limits, both descriptions, and a page of both; not for the Bulk job.
    org.server.faults.add({"requests_used": 69_994})
    report = org.land("Account", "Lead")
    assert list(report.skipped) == ["lead"]
    assert len(org.raw("account")) == 1
    assert org.raw("lead") == []
    org.server.faults.clear()
    assert org.land("Account", "Lead").skipped == {}
    assert len(org.raw("lead")) == 2_010


def test_f9_when_the_org_takes_no_more_requests_the_rest_is_skipped(org):
    for number in (1, 2):
        org.put("Account", number, at=NOW - DAY, Name="a")
    org.put("Lead", 1, at=NOW - DAY, LastName="b")
    org.server.faults.add({"request_limit": True, "path": "/services/data/v62.0/queryAll"})
    report = org.land("Account", "Lead")
    assert sorted(report.skipped) == ["account", "lead"]
    assert "REQUEST_LIMIT_EXCEEDED" in report.skipped["account"]
    # Nobody went on asking.
    assert org.asked("/queryAll") == 1
    org.server.faults.clear()
    report = org.land("Account", "Lead")
    assert report.skipped == {}
    assert report.rows_landed == 3 + sum(1 for _ in org.raw("describe_snapshot"))


def test_a_sweep_without_budget_waits_while_the_rows_land(org):
    org.put("Account", 1, at=NOW - 2 * DAY, Name="a")
    org.land("Account")
    org.pass_time(days=8)
    org.put("Account", 2, Name="b")
    # The limits, describe and the changes; not the list of all ids.
    org.server.faults.add({"requests_used": 69_997 - org.server.org.used})
    report = org.land("Account")
    assert list(report.skipped) == ["account (deletions)"]
    assert [row["name"] for row in org.raw("account")] == ["a", "b"]
    org.server.faults.clear()
    assert org.land("Account").skipped == {}
    assert org.asked("/queryAll") == 3


@pytest.mark.parametrize("share", [0, 1.5, -1])
def test_a_share_that_is_none_is_refused(org, share):
    with pytest.raises(ConfigError, match="api_budget"):
        org.land("Account", api_budget=share)
