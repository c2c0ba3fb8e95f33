"""A frozen object of Salesforce: what it was not allowed to land is not taken for read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from buck.records.load import LoadRules
from buck.sandbox.salesforce.fields import SObjectField
from tests.integration.sources.salesforce.world import NOW

DAY = timedelta(days=1)


def test_f5_field_that_appears_while_a_table_is_frozen_is_backfilled_later(org: Any) -> None:
    catalog = org.store.catalog
    catalog.add_field("Account", SObjectField("Tier__c", "int", precision=3))
    org.put("Account", 1, at=NOW - 3 * DAY, Tier__c=7, New__c="x")
    org.land("Account")
    catalog.hide_field("Account", "Tier__c")
    catalog.add_field("Account", SObjectField("Tier__c", "string", length=20))
    catalog.add_field("Account", SObjectField("New__c", "string", length=20))
    org.pass_time(hours=2)
    asked = org.asked("/queryAll")
    frozen = org.land("Account", rules=LoadRules(contract="freeze"))
    assert "tier__c was BIGINT and is now VARCHAR" in frozen.skipped["account"]
    assert org.asked("/queryAll") == asked, "what cannot land is not read"
    org.pass_time(hours=2)
    org.land("Account")
    (account,) = org.current("account").values()
    assert (account["tier__c"], account["new__c"]) == (7, "x")
