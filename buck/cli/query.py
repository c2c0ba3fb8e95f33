"""`buck query` and `buck shell`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import count, say, show_json, show_table
from buck.errors import QueryRefused

if TYPE_CHECKING:
    from buck.flow.reading import Answer, Zone
    from buck.project import Project

Candidate = Annotated[
    bool, typer.Option("--candidate", help="Ask the candidates, which nobody has checked yet.")
]
Raw = Annotated[bool, typer.Option("--raw", help="Ask the raw tables: raw.raw_stripe_charges …")]
Ops = Annotated[
    bool, typer.Option("--ops", help="Ask what runs did: ops_pipeline_runs … (`buck ops build`).")
]
Grain = Literal["day", "week", "month", "quarter", "year"]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="NAME", help="A metric of transform/; several side by side."),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIMENSION", help="Split the metrics by it; may be repeated."),
]
Period = Annotated[Grain | None, typer.Option("--grain", help="Split the metrics into periods.")]
LINES = 200
LEAVE = ("exit", "quit", ".exit", ".quit")


@app.command("query")
def query(
    context: typer.Context,
    sql: Annotated[
        str | None, typer.Argument(help='For example "from finance.agg_monthly_revenue".')
    ] = None,
    candidate: Candidate = False,
    raw: Raw = False,
    ops: Ops = False,
    metric: Metrics = None,
    by: By = None,
    grain: Period = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show.")] = LINES,
    as_json: AsJson = False,
) -> None:
    """Ask the published marts (or the candidates, or raw) in SQL, or for metrics by name."""
    asked = Asked(sql, tuple(metric or ()), tuple(by or ()), grain)
    columns, rows = _answer(context.obj.project(), asked, _zone(candidate, raw, ops))
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    _show_rows(columns, rows, limit)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    sql: str | None
    metrics: tuple[str, ...]
    by: tuple[str, ...]
    grain: Grain | None


def _answer(project: Project, asked: Asked, zone: Zone) -> Answer:
    if not asked.metrics:
        if asked.sql is None or asked.by or asked.grain:
            raise typer.BadParameter("write SQL, or --metric NAME with --by and --grain")
        from buck.flow.reading import run_query

        return run_query(project, asked.sql, zone)
    if asked.sql is not None or zone in ("raw", "ops"):
        raise typer.BadParameter(
            "a metric is computed from marts: no SQL, --raw or --ops beside it"
        )
    from buck.flow.measuring import query_metrics

    return query_metrics(project, asked.metrics, by=asked.by, grain=asked.grain, zone=zone)


@app.command("shell")
def shell(
    context: typer.Context, candidate: Candidate = False, raw: Raw = False, ops: Ops = False
) -> None:
    """Ask in SQL, one statement after the other, each ended by a semicolon."""
    from buck.flow.reading import ask, open_zone

    zone = _zone(candidate, raw, ops)
    con = open_zone(context.obj.project(), zone)
    is_live = sys.stdin.isatty()
    if is_live:
        import readline  # noqa: F401  gives input() its history and editing

        say(f"{zone}: end a statement with ; and leave with Ctrl-D")
    code = 0
    try:
        while (sql := _read_statement(zone, is_live=is_live)) is not None:
            try:
                for columns, rows in ask(con, sql):
                    _show_rows(columns, rows, LINES)
            except QueryRefused as exc:
                say(f"error: {exc.what}")
                code = exc.exit_code
    except KeyboardInterrupt:
        say()
    finally:
        con.close()
    # Somebody at a terminal has seen the error; a script has only the exit code.
    raise typer.Exit(0 if is_live else code)


def _read_statement(zone: str, *, is_live: bool) -> str | None:
    """The next statement, or None at the end of the input."""
    lines: list[str] = []
    while True:
        prompt = (f"{zone}> " if not lines else "   ...> ") if is_live else ""
        try:
            line = input(prompt)
        except EOFError:
            return "\n".join(lines) if "".join(lines).strip() else None
        if not "".join(lines).strip() and line.strip() in LEAVE:
            return None
        lines.append(line)
        if line.rstrip().endswith(";"):
            return "\n".join(lines)


def _zone(candidate: bool, raw: bool, ops: bool) -> Zone:
    if candidate + raw + ops > 1:
        raise typer.BadParameter("--candidate, --raw and --ops exclude each other")
    return "candidate" if candidate else "raw" if raw else "ops" if ops else "published"


def _show_rows(columns: list[str], rows: list[tuple[Any, ...]], limit: int) -> None:
    if not columns:
        return
    show_table(columns, rows[:limit], null="NULL")
    if len(rows) > limit:
        say(f"{count(len(rows) - limit, 'more row')}; --limit shows more")
    elif not rows:
        say("0 rows")
