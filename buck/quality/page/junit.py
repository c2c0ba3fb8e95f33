"""JUnit XML: a suite per table, a case per check, as CI servers show it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from buck.records.quality import CheckResult
from buck.records.quality_page import QualityPage

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold."""


def to_junit(page: QualityPage) -> str:
    """The report as JUnit XML. A failed check is a failure, one that could not run an error.

    What only warns passes, with its message as the case's output; what was not judged is skipped.
    """
    counts = page.report.counts
    root = ET.Element(
        "testsuites",
        name="data quality",
        tests=str(len(page.report.results)),
        failures=str(counts["failed"]),
        skipped=str(counts["unjudged"]),
        errors=str(counts["errored"]),
        time=f"{sum(r.seconds for r in page.report.results):.3f}",
    )
    for table, results in page.tables.items():
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_clean(table),
            tests=str(len(results)),
            failures=str(sum(r.outcome == "failed" for r in results)),
            skipped=str(sum(r.outcome == "unjudged" for r in results)),
            errors=str(sum(r.outcome == "errored" for r in results)),
            time=f"{sum(r.seconds for r in results):.3f}",
            timestamp=page.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        )
        for result in results:
            _case(suite, table, result)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, table: str, result: CheckResult) -> None:
    check = result.check
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(table),
        name=_clean(check.name),
        time=f"{result.seconds:.3f}",
    )
    told = f"{result.message}\nrule: {check.expected}\nowner: {check.owner}\n\n{result.sql}"
    if result.outcome in ("failed", "errored"):
        kind = "failure" if result.outcome == "failed" else "error"
        found = ET.SubElement(case, kind, message=_clean(result.message), type=check.dimension)
        found.text = _clean(told)
    elif result.outcome == "unjudged":
        ET.SubElement(case, "skipped", message=_clean(result.message))
    elif result.outcome == "warned":
        ET.SubElement(case, "system-out").text = _clean(f"warning: {told}")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
