"""Receipts of promotions: kept in the lake, hashed, and checked again on demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from buck.errors import ConfigError
from buck.flow.promotion_proof import prove_marts
from buck.flow.promotion_side import PromotionSide, open_side
from buck.flow.publishing import package_versions
from buck.names import TableRef
from buck.project import Project
from buck.records.comparison import TableComparison
from buck.records.promotion import Receipt
from buck.records.quality import QualityReport

FOLDER = "promotions"


@dataclass(frozen=True, slots=True)
class Verified:
    """A receipt checked again."""

    is_genuine: bool
    """Nothing in it was changed since it was made."""
    is_current: bool
    """Readers there see the promotion that it is about."""
    tables: tuple[TableComparison, ...] = ()
    """What readers see now beside the snapshot; empty if it is not genuine or not current."""

    @property
    def holds(self) -> bool:
        """Whether it says the truth about what readers see."""
        return self.is_genuine and self.is_current and all(t.is_equal for t in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "holds": self.holds,
            "is_genuine": self.is_genuine,
            "is_current": self.is_current,
            "tables": [table.to_dict() for table in self.tables],
        }


def make_receipt(
    side: PromotionSide, report: QualityReport, proven: tuple[TableComparison, ...]
) -> Receipt:
    """What was compared and found, not yet kept and without a hash."""
    snapshot = side.snapshot
    return Receipt(
        target=side.target,
        engine=side.promotions.engine(),
        proof="emulated" if side.warehouse.is_emulated else "proven",
        snapshot=snapshot.id,
        lake=side.lake.identity,
        as_of=snapshot.as_of,
        made_at=datetime.now(UTC),
        lake_versions=dict(snapshot.lake_versions),
        model_hashes=dict(snapshot.model_hashes),
        packages=package_versions(),
        checks={result.check.id: result.outcome for result in report.results},
        tables=proven,
    )


def keep_receipt(side: PromotionSide, receipt: Receipt, *, promotion: int = 0) -> Receipt:
    """The receipt with its hash, kept in the lake as JSON and as Markdown to read.

    One that found a difference is kept, too, under the time it was made.
    """
    receipt = replace(receipt, promotion=promotion)
    receipt = replace(receipt, hash=receipt_hash(receipt.to_dict()))
    name = f"{FOLDER}/{receipt_name(side.project, side.target, receipt)}"
    text = json.dumps(receipt.to_dict(), indent=2, default=str)
    side.lake.storage.write(f"{name}.json", text.encode())
    side.lake.storage.write(f"{name}.md", as_markdown(receipt).encode())
    return receipt


def receipt_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over everything in a receipt but the hash."""
    held = {key: value for key, value in content.items() if key != "hash"}
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def verify_receipt(project: Project, named: str) -> Verified:
    """Check a receipt: that nobody changed it, and that it still says what readers there see.

    Args:
        project: The project.
        named: A file, or a kept receipt such as `postgres/000003`.

    Raises:
        ConfigError: there is no such receipt, or it is none.
        WarehouseError: the warehouse does not answer.
    """
    content = _read(project, named)
    if receipt_hash(content) != content.get("hash"):
        return Verified(is_genuine=False, is_current=False)
    with open_side(project, str(content["target"]), int(str(content["snapshot"]))) as side:
        current = side.promotions.current()
        if current is None or current.receipt != content["hash"]:
            return Verified(is_genuine=True, is_current=False)
        shown = {
            TableRef(t.schema, t.name): TableRef(side.prefix + t.schema, t.name)
            for t in side.snapshot.tables
        }
        return Verified(True, True, prove_marts(side, where=shown))


def as_markdown(receipt: Receipt) -> str:
    """A receipt to read or to put into a ticket."""
    verdict = receipt.proof if receipt.is_equal else "NOT EQUAL"
    lines = [
        f"# Promotion of snapshot {receipt.snapshot} to {receipt.target}: {verdict}",
        "",
        f"- promotion: {receipt.promotion:06d}" if receipt.promotion else "- nothing was published",
        f"- warehouse: {receipt.engine}",
        f"- as of: {receipt.as_of.isoformat()}",
        f"- made: {receipt.made_at.isoformat(timespec='seconds')}",
        f"- checks there: {_counts(receipt)}",
        f"- hash: `{receipt.hash}`",
        "",
        "| mart | rows here | rows there | equal |",
        "|---|---:|---:|---|",
    ]
    lines += [
        f"| {t.table} | {t.left.rows if t.left else 0:,} | {t.right.rows if t.right else 0:,} | "
        f"{'yes' if t.is_equal else f'no: {describe(t)}'} |"
        for t in receipt.tables
    ]
    versions = ", ".join(f"{name} {number}" for name, number in receipt.packages.items())
    return "\n".join([*lines, "", f"Made with {versions}.", ""])


def describe(table: TableComparison) -> str:
    """How a mart differs, in a few words, seen from here."""
    parts = [
        f"{count:,} rows {word}"
        for word, count in (
            ("changed", table.changed),
            ("missing there", table.removed),
            ("only there", table.added),
        )
        if count
    ]
    parts += [f"{change.column}: {change.kind}" for change in table.schema]
    return ", ".join(parts)


def _counts(receipt: Receipt) -> str:
    outcomes = list(receipt.checks.values())
    return ", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))) or "none"


def receipt_name(project: Project, target: str, receipt: Receipt) -> str:
    """What a kept receipt is called: environments in one database count each for itself."""
    return f"{target}/{project.settings.warehouse.schema_prefix}{_number(receipt)}"


def _number(receipt: Receipt) -> str:
    return f"{receipt.promotion:06d}" if receipt.promotion else f"{receipt.made_at:%Y%m%dT%H%M%S}"


def _read(project: Project, named: str) -> dict[str, Any]:
    from buck.flow.lake_access import open_lake

    file = Path(named)
    payload: bytes | None
    if file.is_file():
        payload = file.read_bytes()
    else:
        name = named.removesuffix(".json").removeprefix(f"{FOLDER}/")
        payload = open_lake(project).storage.read(f"{FOLDER}/{name}.json")
    if payload is None:
        raise ConfigError(
            f"there is no receipt {named!r}", hint="name a file, or one such as postgres/000003"
        )
    try:
        content = json.loads(payload)
        if not isinstance(content, dict) or not {"target", "snapshot"} <= content.keys():
            raise ValueError("it lacks its target")
    except ValueError as exc:
        raise ConfigError(f"{named} is no receipt: {exc}", hint="buck promote writes them") from exc
    return content
