"""Judging a change: run, read for every engine, compare, and say it where the change is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import ModelFailed
from buck.flow.git import top_level
from buck.project import Project
from buck.records.annotation import Annotation
from buck.records.quality import QualityReport

if TYPE_CHECKING:
    from buck.flow.run import RunOptions
    from buck.records.portability import PortabilityReport

CODES = (1, 3, 4)
"""Exit codes from the worst down: a failure, a closed gate, an incomplete load."""


@dataclass(slots=True)
class Judgement:
    """What came of a change. `exit_code` is the worst of all steps'."""

    annotations: list[Annotation] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    """Markdown: the checks, then what differs from the base."""

    @property
    def exit_code(self) -> int:
        """0 if nothing is wrong."""
        return next((code for code in CODES if code in self.codes), max(self.codes, default=0))

    @property
    def summary(self) -> str:
        """All pages as one Markdown text."""
        return "\n".join(page.rstrip("\n") + "\n" for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "exit_code": self.exit_code,
            "annotations": [
                {name: getattr(a, name) for name in Annotation.__dataclass_fields__}
                for a in self.annotations
            ],
            "summary": self.summary,
        }


def judge_change(
    project: Project,
    *,
    base: str | None = None,
    options: RunOptions,
    on_step: Callable[[str], None] = lambda _: None,
) -> Judgement:
    """Run everything, read every model for every engine, and compare with a base commit.

    A step that finds something wrong does not keep the others from being made, except that marts
    which were not built cannot be compared.

    Args:
        project: Whose sources answer, for example the sandbox's.
        base: A git ref to compare the models with; both are built from the same raw rows.
        options: How it is run.
        on_step: Told what begins.

    Raises:
        ConfigError: there is no such base.
        BuckError: a source, the lake or the configuration failed; that is nothing about the change.
    """
    from buck.flow.diff_places import name_place
    from buck.flow.diffing import as_page, diff
    from buck.flow.portability import check_models
    from buck.flow.quality_page import make_report
    from buck.flow.run import run_pipeline

    if base is not None:
        name_place(project, f"git:{base}")  # before minutes are spent
    found = Judgement()
    places = _Places(project)
    on_step("run")
    try:
        result = run_pipeline(project, None, options)
    except ModelFailed as exc:
        found.codes.append(exc.exit_code)
        file = places.of(exc.file)
        found.annotations.append(
            Annotation("error", "model failed", exc.what, file, exc.line if file else None)
        )
        return found
    found.codes.append(result.exit_code)
    if result.report is not None:
        found.annotations += _of_checks(result.report, places)
        found.pages.append(make_report(project, "markdown", run_id=result.run_id))
    on_step("portability")
    report = check_models(project, [], targets=[])
    found.codes.append(0 if report.passed else 1)
    found.annotations += _of_portability(report, places)
    if base is not None:
        on_step("diff")
        compared = diff(project, f"git:{base}", "candidates", wait_s=options.wait_s)
        found.pages.append(as_page(compared, "markdown"))
    return found


class _Places:
    """Files of the dbt project as the repository names them."""

    def __init__(self, project: Project) -> None:
        self.transform = project.transform_dir.resolve()
        self.top = Path(top_level(project.root) or project.root).resolve()

    def of(self, file: str) -> str:
        """The file below the repository's root; empty if it is none of the project's."""
        path = (self.transform / file).resolve()
        if not file or not path.is_file() or not path.is_relative_to(self.top):
            return ""
        return path.relative_to(self.top).as_posix()


def _of_checks(report: QualityReport, places: _Places) -> Iterator[Annotation]:
    """The checks that failed, then those that warn."""
    for result in (*report.blocking, *report.warnings):
        check = result.check
        count = f"{result.failures} rows" if result.failures is not None else ""
        words = [result.message or count, f"expected {check.expected}" if check.expected else ""]
        file = places.of(check.file)
        yield Annotation(
            "error" if result.is_blocking else "warning",
            f"{check.schema}.{check.table}: {check.name}",
            "; ".join(word for word in words if word) or result.outcome,
            file,
            check.line if file else None,
        )
    for table in report.unchecked:
        yield Annotation("warning", table, "nothing checks this mart")


def _of_portability(report: PortabilityReport, places: _Places) -> Iterator[Annotation]:
    """Each construct once, with the engines that read it differently."""
    engines: dict[tuple[str, int, str, str, str], list[str]] = {}
    for f in report.findings:
        engines.setdefault((f.file, f.line, f.hazard, f.differs, f.use), []).append(f.engine)
    for (file, line, hazard, differs, use), names in engines.items():
        message = f"{', '.join(dict.fromkeys(names))}: {differs}; use {use}"
        yield Annotation("error", f"not portable: {hazard}", message, places.of(file), line)
