"""The newest version of every key, at the price of what changed rather than of the whole table."""

from __future__ import annotations

from collections.abc import Sequence

from buck.lake.raw_log import RawLog, RawState
from buck.names import identifier

UNIQUE_UNTIL = "unique_until"
"""The mark of a first load that read one snapshot by its primary key: up to this `_buck_seq` every
key occurs once."""


def current_sql(log: RawLog, state: RawState, *, key: Sequence[str]) -> str:
    """A SELECT over a raw table's current rows: one row per key, all raw columns, no deletions.

    Where the first load's keys are known to be unique only later versions are compared with each
    other; first rows without a later version are taken as they are.
    """
    keys = ", ".join(identifier(k) for k in key)
    scan = f"({log.scan_sql(state)})"
    newest = f"qualify row_number() over (partition by {keys} order by _buck_seq desc) = 1"
    until = state.position.get(UNIQUE_UNTIL)
    if until is None:
        return f"select * from (select * from {scan} {newest}) where _buck_op <> 'd'"
    # Asking twice for the later rows costs less than keeping all their columns once.
    return f"""
        select * from {scan} as first_rows
        anti join (select distinct {keys} from {scan} where _buck_seq > {until}) using ({keys})
        where _buck_seq <= {until} and _buck_op <> 'd'
        union all
        select * from (select * from {scan} where _buck_seq > {until} {newest})
        where _buck_op <> 'd'
    """
