"""What a promotion reads here and writes there, as catalogues name it."""

from __future__ import annotations

from buck.flow.observing import lake_table
from buck.flow.promotion_side import PromotionSide
from buck.names import RawTable
from buck.records.observation import ObservedTable
from buck.records.promotion import Promotion


def promoted_from(side: PromotionSide) -> tuple[ObservedTable, ...]:
    """The raw tables of the snapshot, whose rows are sent, and its marts, which are compared."""
    url, snapshot = side.lake.storage.url, side.snapshot
    names = ((name.partition("."), version) for name, version in snapshot.lake_versions.items())
    raw = (
        lake_table(url(RawTable(source, table).path), str(version))
        for (source, _, table), version in names
    )
    marts = (
        lake_table(url(f"marts/{t.schema}/{t.name}"), snapshot.id, rows=t.rows)
        for t in snapshot.tables
    )
    return (*raw, *marts)


def promoted_to(side: PromotionSide, promotion: Promotion) -> tuple[ObservedTable, ...]:
    """What readers of the warehouse see: its marts, with their rows."""
    namespace, database = _place(side)
    return tuple(
        ObservedTable(
            namespace,
            ".".join(filter(None, (database, f"{side.prefix}{t.schema}", t.name))),
            promotion.id,
            t.rows,
        )
        for t in promotion.tables
    )


def _place(side: PromotionSide) -> tuple[str, str]:
    """The warehouse and the database in it, by OpenLineage's rules for naming them."""
    settings = side.settings
    kind = str(settings.get("type") or side.target)
    if kind == "postgres":
        host, port = settings.get("host") or "localhost", settings.get("port") or 5432
        return f"postgres://{host}:{port}", str(settings.get("dbname") or settings.get("database"))
    if kind == "bigquery":
        return "bigquery", str(settings.get("project") or "")
    return f"{kind}://{settings.get('account') or side.target}", str(settings.get("database") or "")
