"""What a check may say about holding rows."""

from __future__ import annotations

from typing import Any

import pytest

from buck.errors import ConfigError
from buck.records.quality import HoldRule


def test_a_check_blocks_unless_it_says_otherwise() -> None:
    assert HoldRule.read({"owner": "finance"}, check="c") == HoldRule("block", None, None)
    declared = {"on_fail": "quarantine", "max_rows": 20, "max_share": "0.5"}
    assert HoldRule.read(declared, check="c") == HoldRule("quarantine", 20, 0.5)


@pytest.mark.parametrize(
    "declared", [{"on_fail": "quarantin"}, {"max_rows": "many"}, {"max_share": []}]
)
def test_a_slip_is_said_with_the_checks_name(declared: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Nobody is asked for nothing"):
        HoldRule.read(declared, check="Nobody is asked for nothing")
