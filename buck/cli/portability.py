"""`buck portability`."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json


@app.command("portability")
def portability(
    context: typer.Context,
    select: Annotated[
        list[str] | None,
        typer.Argument(
            help="Models, folders (marts.finance) or tags (tag:finance) [default: all]."
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", help="Only this engine; may be repeated [default: all six]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every model as each warehouse would, without any; exit 1 if one differs."""
    from buck.flow.portability import check_models

    report = check_models(context.obj.project(), select or [], targets=target or [])
    if as_json:
        show_json(report.to_dict())
        raise typer.Exit(0 if report.passed else 1)
    for (file, line, hazard), found in groupby(
        report.findings, key=lambda finding: (finding.file, finding.line, finding.hazard)
    ):
        findings = list(found)
        show(f"{mark('failed', err=False)} {file}:{line} {hazard}")
        for differs in dict.fromkeys(finding.differs for finding in findings):
            show(f"    {differs}")
        show(f"    use {findings[0].use}")
    outcome = "ok" if report.passed else "failed"
    verdict = f"{len(report.findings)} findings" if report.findings else "no difference"
    models, engines = len(report.models), ", ".join(report.engines)
    show(f"{mark(outcome, err=False)} {models} models read for {engines}: {verdict}")
    if not report.passed:
        say("next: use the macros named above, or say `-- portable: HAZARD` on the line")
        raise typer.Exit(1)
