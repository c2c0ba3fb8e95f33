"""`buck demo`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson
from buck.cli.render import bold, mark, say, show, show_json, show_table
from buck.cli.signals import ENDING

if TYPE_CHECKING:
    from buck.records.demo import DemoResult, DemoStep


@app.command("demo")
def demo(
    context: typer.Context,
    customers: Annotated[
        int, typer.Option("--customers", min=20, help="Size of the company.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Watch the whole job on a simulated company: load, build, refuse bad data, publish."""
    from buck.cli.progress import RunTalk
    from buck.flow.demo import Demo, DemoTalk

    # Its servers have to be stopped.
    ENDING.unwinds = True
    talk = DemoTalk()
    with RunTalk(indent="   ") as run:
        if not as_json:
            talk = DemoTalk(
                on_step=lambda title: say(f"\n{bold(title)}"),
                on_done=_done,
                on_event=run.event,
                on_progress=run.progress,
                on_reading=run.reading,
            )
        result = Demo(context.obj.folder, talk, customers=customers).run()
    if as_json:
        show_json(result.to_dict())
    else:
        _show(result)
    raise typer.Exit(0 if result.passed else 1)


def _done(step: DemoStep) -> None:
    facts = step.facts
    if "records" in facts:
        counts = ", ".join(f"{n:,} in {system}" for system, n in facts["records"].items())
        say(f"   {mark(step.status)} day {facts['day']}: {counts} ({step.seconds} s)")
    elif "blocking" in facts:
        say(f"   {mark(step.status)} {len(facts['blocking'])} checks said no, for example:")
        for line in facts["blocking"][:4]:
            say(f"       {line}")
        say(f"     the published marts did not change: still snapshot {facts['snapshot']}")
    else:
        say(
            f"   {mark(step.status)} snapshot {facts['snapshot']}: revenue equals the truth in "
            f"{facts['currencies_equal_to_truth']} of {facts['currencies']} currencies"
        )
        for line in facts["differences"][:5]:
            say(f"       {line}")


def _show(result: DemoResult) -> None:
    say()
    show_table(
        ["currency", "gross", "refunds", "net", "net in the truth", "months", "equal"],
        [
            [
                tie.currency.upper(),
                *(_amount(tie.marts[name], tie.exponent) for name in ("gross", "refunds", "net")),
                _amount(tie.truth["net"], tie.exponent),
                tie.months,
                "yes" if tie.is_equal else "NO",
            ]
            for tie in result.ties
        ],
    )
    state = "ok" if result.passed else "failed"
    show(
        f"{mark(state, err=False)} demo {state} in {result.seconds:.0f} s, "
        f"peak memory {result.peak_memory_mb} MB"
    )
    say("try next:")
    say('  buck query "from finance.agg_monthly_revenue"')
    say("  buck pipeline status")
    say("  buck sandbox up && buck sandbox advance --days 3 && buck run")


def _amount(minor: int, exponent: int) -> Decimal:
    return Decimal(minor).scaleb(-exponent)
