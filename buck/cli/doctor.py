"""`buck doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import count, mark, say, show, show_json, show_table


@app.command("doctor")
def doctor(
    context: typer.Context,
    config: Annotated[
        bool, typer.Option("--config", help="Show every setting and where it comes from.")
    ] = False,
    target: Annotated[
        str | None,
        typer.Option("--target", help="What a target of profiles.yml lacks, such as snowflake."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with this machine, this project or its lake, and say what to do."""
    from buck.flow.doctor import examine, explain_settings

    project = context.obj.project()
    if config:
        settings = explain_settings(project)
        if as_json:
            show_json([dict(zip(("key", "value", "from"), row, strict=True)) for row in settings])
        else:
            show_table(["key", "value", "from"], settings)
        return
    if target is None:
        findings = examine(project)
    else:
        from buck.flow.doctor_target import examine_target

        findings = examine_target(project, target)
    if as_json:
        show_json([finding.to_dict() for finding in findings])
    else:
        for finding in findings:
            show(f"{mark(finding.status, err=False)} {finding.subject}: {finding.what}")
            if finding.hint:
                show(f"    {finding.hint}")
        failed = sum(f.status == "failed" for f in findings)
        say(count(failed, "problem") if failed else "no problems")
    raise typer.Exit(1 if any(f.status == "failed" for f in findings) else 0)
