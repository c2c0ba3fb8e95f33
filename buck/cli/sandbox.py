"""`buck sandbox up|advance|status|truth|spoil|heal|fault|down`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, read_time
from buck.cli.render import say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.sandbox import SandboxStatus

group = typer.Typer(
    no_args_is_help=True, help="A simulated company behind real Stripe, Salesforce and PostgreSQL."
)
app.add_typer(group, name="sandbox")


@group.command("up")
def up(
    context: typer.Context,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Another seed, another company [default: 7].")
    ] = None,
    customers: Annotated[
        int | None, typer.Option("--customers", min=1, help="How many it has [default: 120].")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Of history to begin with [default: 45].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the company's servers in the background, as it was left if there is one already."""
    from buck import sandbox

    folder = context.obj.project().sandbox_folder
    _show(sandbox.up(folder, seed=seed, customers=customers, days=days), as_json)
    if not as_json:
        say("next: buck run")


@group.command("advance")
def advance(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1)] = 1,
    as_json: AsJson = False,
) -> None:
    """Let days pass."""
    from buck import sandbox

    _show(sandbox.advance(context.obj.project().sandbox_folder, days=days), as_json)
    if not as_json:
        say("next: buck run")


@group.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the servers, their records and the simulated time."""
    from buck import sandbox

    _show(sandbox.status(context.obj.project().sandbox_folder), as_json)


@group.command("truth")
def truth(
    context: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A number of days, or a time [default: the sandbox's now]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what really happened, computed from the company's own events."""
    from buck import sandbox

    folder = context.obj.project().sandbox_folder
    if as_of is not None and as_of.isdigit():
        found = sandbox.truth(folder, int(as_of))
    else:
        found = sandbox.truth(folder, as_of_at=read_time(as_of))
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        if not isinstance(value, dict | list):
            show(f"{name}: {value}")
    say("every figure: buck sandbox truth --json, defined in docs/reference/sandbox-truth.md")


@group.command("spoil")
def spoil(
    context: typer.Context,
    kind: Annotated[
        Literal["duplicates", "negative_amounts"], typer.Argument(help="What kind of bad data.")
    ] = "negative_amounts",
    as_json: AsJson = False,
) -> None:
    """Put bad data into the source on purpose."""
    from buck import sandbox

    _show(sandbox.spoil(context.obj.project().sandbox_folder, kind), as_json)
    if not as_json:
        say("next: buck run, and see the gate refuse it; then buck sandbox heal")


@group.command("heal")
def heal(context: typer.Context, as_json: AsJson = False) -> None:
    """Take the bad data back."""
    from buck import sandbox

    _show(sandbox.heal(context.obj.project().sandbox_folder), as_json)


@group.command("bulk")
def bulk(
    context: typer.Context,
    payments: Annotated[int, typer.Option("--payments", min=0)] = 5_000_000,
    order_lines: Annotated[
        int, typer.Option("--order-lines", min=0, help="With their orders, products and users.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed")] = 7,
    as_json: AsJson = False,
) -> None:
    """Land millions of made-up charges and order lines into an empty lake, for benchmarks."""
    from buck.flow.bulk import land_bulk_orders, land_bulk_payments

    project = context.obj.project()
    reports = [land_bulk_payments(project, payments, seed=seed)] if payments else []
    reports += land_bulk_orders(project, order_lines, seed=seed) if order_lines else []
    if as_json:
        show_json([asdict(report) for report in reports])
        return
    for report in reports:
        show(f"{report.rows_landed:,} rows, {report.size_bytes / 1e6:,.0f} MB in {report.table}")


@group.command("fault")
def fault(
    context: typer.Context,
    system: Annotated[Literal["stripe", "salesforce", "app"], typer.Argument()],
    knob: Annotated[
        str | None, typer.Argument(help='For example \'{"status": 429, "times": 3}\'.')
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all faults back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a server misbehave: errors, cut bodies, slow answers, late records."""
    from buck import sandbox
    from buck.errors import ConfigError

    folder = context.obj.project().sandbox_folder
    if clear:
        _show(sandbox.clear_faults(folder), as_json)
        return
    try:
        given = json.loads(knob or "")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ConfigError(
            f"{knob!r} is not a JSON object", hint='write \'{"status": 500, "times": 2}\''
        )
    _show(sandbox.set_faults(folder, system, given), as_json)


@group.command("down")
def down(
    context: typer.Context,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove the company's files too.")
    ] = False,
) -> None:
    """Stop the servers."""
    from buck import sandbox

    sandbox.down(context.obj.project().sandbox_folder, forget=forget)
    say("the sandbox is down")


def _show(found: SandboxStatus, as_json: bool) -> None:
    if as_json:
        show_json(found.to_dict())
        return
    state = "running" if found.running else "not running"
    show(f"sandbox {state}: day {found.days}, now {found.now_at:%Y-%m-%d %H:%M} UTC")
    show_table(
        ["system", "address", "records", "faults"],
        [[s.name, s.url, sum(s.records.values()), len(s.faults)] for s in found.systems],
    )
