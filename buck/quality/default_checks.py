"""`data_quality.default_checks` as SodaCL, for tables whose key nobody has written a check for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from buck.names import TableRef


def write_default_checks(
    checks_dir: Path,
    keys: Mapping[TableRef, tuple[str, ...]],
    *,
    kinds: Collection[str],
    owners: Mapping[str, str] | None = None,
) -> None:
    """One SodaCL file per table: its key is there (`not_null`) and tells rows apart (`unique`).

    Args:
        checks_dir: Gets `<schema>/<table>.yml`.
        keys: The columns of each table's key.
        kinds: Which of `not_null` and `unique` are wanted.
        owners: Who answers for a table, by `schema.table`.
    """
    for table, columns in keys.items():
        owner = (owners or {}).get(str(table), "")
        about = f", owner: {owner}" if owner else ""
        lines = [f"checks for {table.name}:"]
        for column in columns if "not_null" in kinds else ():
            lines += [
                f"  - missing_count({column}) = 0:",
                f"      name: {column} is always there",
                f"      attributes: {{ dimension: completeness, severity: fail{about} }}",
            ]
        if "unique" in kinds:
            lines += [
                f"  - duplicate_count({', '.join(columns)}) = 0:",
                f"      name: One row per {', '.join(columns)}",
                f"      attributes: {{ dimension: uniqueness, severity: fail{about} }}",
            ]
        file = checks_dir / table.schema / f"{table.name}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
