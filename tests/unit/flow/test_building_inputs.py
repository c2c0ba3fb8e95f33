"""What a build of a selection stands for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from buck.flow.building import Inputs

WHOLE = Inputs(datetime(2026, 1, 31, tzinfo=UTC), (), project_hash="abc")


def test_a_build_of_everything_has_every_selection_and_not_the_other_way_round() -> None:
    part, other = replace(WHOLE, select="+fct_payments"), replace(WHOLE, select="+fct_orders")
    assert part.is_met_by(WHOLE.fingerprint)
    assert part.is_met_by(part.fingerprint)
    assert not WHOLE.is_met_by(part.fingerprint)
    assert not other.is_met_by(part.fingerprint)
    assert not WHOLE.is_met_by(replace(WHOLE, project_hash="edited").fingerprint)
