"""The gate: a green report, or a named person with a reason, gives the key to publish."""

from __future__ import annotations

from buck.errors import ConfigError, GateClosed
from buck.records.quality import Approval, CheckResult, QualityReport, _grant

_LISTED = 5


def approve(report: QualityReport) -> Approval:
    """The key that a green report gives.

    Raises:
        GateClosed: something failed, something could not be checked, or nothing was checked.
    """
    if report.passed:
        return _grant(report)
    if not report.results:
        raise GateClosed("nothing was checked", hint="add a file to transform/checks/")
    blocking = report.blocking
    listed = "; ".join(_describe(result) for result in blocking[:_LISTED])
    more = f"; and {len(blocking) - _LISTED} more" if len(blocking) > _LISTED else ""
    tables = list(dict.fromkeys(result.check.table for result in blocking))
    raise GateClosed(
        f"{len(blocking)} of {len(report.results)} checks block publishing: {listed}{more}",
        hint=f"buck quality check {' '.join(tables[:_LISTED])}",
    )


def approve_as(report: QualityReport, *, name: str, reason: str) -> Approval:
    """The key that a person takes on their own responsibility, over whatever blocks.

    Raises:
        ConfigError: name or reason is empty.
    """
    who, why = name.strip(), reason.strip()
    if not who or not why or who == "gate":
        raise ConfigError(
            f"an override needs a person's name and a reason, got {name!r} and {reason!r}",
            hint="--approve-as NAME --reason TEXT",
        )
    return _grant(report, approved_by=who, reason=why)


def _describe(result: CheckResult) -> str:
    check = result.check
    found = f" ({result.failures} rows)" if result.failures else ""
    verb = "could not run" if result.outcome == "errored" else "failed"
    return f"{check.schema}.{check.table} {check.name} {verb}{found}"
