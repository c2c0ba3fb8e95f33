"""`buck quality prove`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.options import AsJson, AsOf, Wait, read_time
from buck.cli.quality import group
from buck.cli.render import mark, say, show, show_json, show_table

if TYPE_CHECKING:
    from buck.names import TableRef
    from buck.records.proof import Proof, Score

_LISTED = 40

Models = Annotated[
    list[str] | None, typer.Argument(help="Marts such as fct_payments [default: all].")
]
Sample = Annotated[
    int | None, typer.Option("--sample", min=1, help="Make only so many faults, drawn by --seed.")
]
MinScore = Annotated[
    float, typer.Option("--min-score", min=0, max=1, help="Exit 1 below this share caught.")
]
Seed = Annotated[int, typer.Option("--seed", help="Decides which rows are damaged.")]


@group.command("prove")
def prove(
    context: typer.Context,
    models: Models = None,
    sample: Sample = None,
    seed: Seed = 7,
    min_score: MinScore = 0.0,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Damage copies of the marts on purpose and say which faults the checks notice."""
    from buck.flow.prove import prove_checks

    proof = prove_checks(
        context.obj.project(),
        models or [],
        as_of=read_time(as_of),
        sample=sample,
        seed=seed,
        wait_s=wait,
        on_table=_tell_table,
    )
    if as_json:
        show_json(proof.to_dict())
    else:
        _show(proof, min_score)
    raise typer.Exit(0 if proof.score.share >= min_score else 1)


def _tell_table(table: TableRef, faults: int) -> None:
    say(f"{table}: {faults} faults")


def _show(proof: Proof, min_score: float) -> None:
    rows = [_row(name, score) for name, score in proof.by_table().items()]
    show_table(["mart", "faults", "caught", "only warned", "survived", "no change", "score"], rows)
    survivors = proof.survivors
    for fault in survivors[:_LISTED]:
        seen = f", only warned: {fault.caught_by[0]}" if fault.caught_by else ""
        show(f"{mark('failed', err=False)} {fault}{seen}")
    if len(survivors) > _LISTED:
        show(f"… and {len(survivors) - _LISTED} more: --json names them all")
    for name in proof.impossible:
        show(f"{mark('warned', err=False)} {name} can never fail")
    for name in proof.idle:
        show(f"{mark('warned', err=False)} {name} noticed none of the faults")
    score = proof.score
    status = "ok" if score.share >= min_score else "failed"
    show(
        f"{mark(status, err=False)} score {score.share:.1%}: {score.caught} of {score.made} faults "
        f"closed the gate, {proof.checks} checks, {proof.seconds:.0f} s"
    )
    say("next: add a check that sees the survivors" if survivors else "next: buck run")


def _row(name: str, score: Score) -> list[object]:
    counts = [score.made, score.caught, score.warned, score.survived, score.equivalent]
    return [name, *counts, f"{score.share:.1%}"]
