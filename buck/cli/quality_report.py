"""`buck quality report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.quality import group
from buck.cli.render import say, show

if TYPE_CHECKING:
    from buck.project import Project

Format = Annotated[
    Literal["html", "json", "junit", "markdown"],
    typer.Option("--format", help="HTML goes to a file, the others to standard output."),
]


@group.command("report")
def report(
    context: typer.Context,
    format_: Format = "html",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.")
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show the file in a browser.")] = False,
    run: Annotated[
        str | None, typer.Option("--run", help="A run of the ledger [default: the newest].")
    ] = None,
) -> None:
    """Write what a run's checks found: for people, for CI, for a pull request."""
    from buck.flow.quality_page import make_report

    project: Project = context.obj.project()
    text = make_report(project, format_, run_id=run)
    file = output or (project.work / "quality" / "report.html" if format_ == "html" else None)
    if file is None and not open_it:
        show(text.rstrip("\n"))
        return
    _write(file or project.work / "quality" / f"report.{format_}", text, open_it=open_it)


def _write(file: Path, text: str, *, open_it: bool) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    show(str(file))
    if open_it:
        import webbrowser

        if not webbrowser.open(file.resolve().as_uri()):
            say("there is no browser to open it with")
