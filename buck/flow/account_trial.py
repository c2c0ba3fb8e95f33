"""A whole promotion on somebody's own account, beside everything else, and away again."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, ConfigError
from buck.flow.doctor import Finding
from buck.flow.doctor_target import examine_target
from buck.flow.promoting import PromoteOptions, promote
from buck.flow.promotion_side import build_schemas, choose_target, open_side
from buck.flow.publishing import package_versions
from buck.flow.receipts import as_markdown, receipt_name, verify_receipt
from buck.project import Project
from buck.records.promotion import Receipt
from buck.records.run import Event

if TYPE_CHECKING:
    from buck.records.build import Progress

PREFIX = "buck_trial_"
"""Before every schema that a trial makes, and removes: the name is the trials' own.

The next trial goes on where a killed one stopped.
"""


@dataclass(slots=True)
class AccountTrial:
    """What a trial found. `report` is for whoever has to find out why it failed."""

    target: str
    findings: list[Finding]
    steps: list[str] = field(default_factory=list)
    receipt: Receipt | None = None
    is_verified: bool = False
    """Read again after it was published, everything was as the receipt says."""
    is_removed: bool = False
    """Nothing of the trial is left there."""
    error: str = ""
    report: Path | None = None

    @property
    def holds(self) -> bool:
        """Whether a promotion does on this account what it promises."""
        is_equal = self.receipt is not None and self.receipt.is_equal
        return is_equal and self.is_verified and self.is_removed and not self.error

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "holds": self.holds,
            "target": self.target,
            "findings": [finding.to_dict() for finding in self.findings],
            "steps": self.steps,
            "receipt": self.receipt.to_dict() if self.receipt else None,
            "is_verified": self.is_verified,
            "is_removed": self.is_removed,
            "error": self.error,
            "report": str(self.report),
        }


def try_account(
    project: Project,
    target: str | None,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> AccountTrial:
    """Promote what is published behind a prefix of its own, verify it, and remove it again.

    Raises:
        ConfigError: something that the target needs is missing, or nothing is published.
    """
    target = choose_target(project, target)
    findings = examine_target(project, target)
    missing = [finding.subject for finding in findings if finding.status == "failed"]
    if missing:
        raise ConfigError(
            f"{target} can't be tried yet, it lacks: {', '.join(missing)}",
            hint=f"buck doctor --target {target}",
        )
    apart = _apart(project)
    with open_side(apart, target, None):
        pass  # what keeps any promotion from beginning is said before the trial
    trial = AccountTrial(target, findings)

    def note(event: Event) -> None:
        if event.kind == "step_finished":
            trial.steps.append(f"{event.step}: {event.status}")
        on_event(event)

    try:
        options = PromoteOptions(full_refresh=True, on_event=note, on_progress=on_progress)
        result = promote(apart, target, options)
        trial.receipt = result.receipt
        if result.report is not None:
            trial.steps += [f"failed check: {r.check.id}" for r in result.report.blocking]
        if result.receipt is not None and result.promotion is not None:
            named = receipt_name(apart, target, result.receipt)
            trial.is_verified = verify_receipt(apart, named).holds
    except BuckError as exc:
        trial.error = f"{exc.what} ({exc.hint})"
    try:
        _remove(apart, target)
        trial.is_removed = True
    except BuckError as exc:
        trial.error += f" the trial can't be removed: {exc.what}"
    trial.report = _write(project, trial)
    return trial


def _apart(project: Project) -> Project:
    """The same project, with its schemas there behind the trial's prefix."""
    warehouse = project.settings.warehouse
    prefix = f"{warehouse.schema_prefix}{PREFIX}"
    changed = warehouse.model_copy(update={"schema_prefix": prefix})
    settings = project.settings.model_copy(update={"warehouse": changed})
    return replace(project, settings=settings)


def _remove(project: Project, target: str) -> None:
    with open_side(project, target, None) as side:
        shown = {side.prefix + table.schema for table in side.snapshot.tables}
        record = {f"{side.prefix}buck", f"{side.prefix}buck_marts"}
        side.promotions.drop_schemas(
            sorted({*build_schemas(side), *shown, side.raw_schema}) + sorted(record)
        )


def _write(project: Project, trial: AccountTrial) -> Path:
    """The report; what profiles.yml names is in it, secrets are not."""
    versions = ", ".join(f"{name} {number}" for name, number in package_versions().items())
    lines = [
        f"# A promotion tried on {trial.target}: {'it holds' if trial.holds else 'IT FAILED'}",
        "",
        f"Python {platform.python_version()} on {platform.system()}; {versions}.",
        "",
        *(f"- {f.subject}: {f.status}, {f.what}" for f in trial.findings),
        "",
        *(f"- {step}" for step in trial.steps),
        f"- verified after publishing: {'yes' if trial.is_verified else 'no'}",
        f"- removed again: {'yes' if trial.is_removed else 'no'}",
        *([f"- error: {trial.error}"] if trial.error else []),
        "",
    ]
    if trial.receipt is not None:
        lines.append(as_markdown(trial.receipt))
    file = project.work / "trials" / f"{trial.target}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file
