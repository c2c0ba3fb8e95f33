"""`buck lake verify` and `export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.lake import group
from buck.cli.options import AsJson
from buck.cli.render import mark, say, show, show_json

if TYPE_CHECKING:
    from buck.records.upkeep import TableProof


class ExportFormat(StrEnum):
    """How an exported file is written."""

    PARQUET = "parquet"
    CSV = "csv"


class ExportLayer(StrEnum):
    """Which of two tables of one name is meant."""

    RAW = "raw"
    MARTS = "marts"


@group.command("verify")
def verify(
    context: typer.Context,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Sizes and row counts only; files are not read whole."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove every file of raw tables and kept snapshots against their logs."""
    from buck.flow.upkeep import verify_lake

    found = verify_lake(context.obj.project(), is_quick=quick)
    damaged = [damage for proof in found for damage in proof.damages]
    if as_json:
        show_json({"is_whole": not damaged, "tables": [proof.to_dict() for proof in found]})
    else:
        _show_proofs(found)
    if damaged:
        raise typer.Exit(1)


@group.command("export")
def export(
    context: typer.Context,
    table: Annotated[
        str, typer.Argument(help="`stripe.charges` of the raw tables, or `finance.fct_payments`.")
    ],
    to: Annotated[Path, typer.Option("--to", help="The file, .parquet or .csv.")],
    format_: Annotated[
        ExportFormat | None, typer.Option("--format", help="Where the name does not say it.")
    ] = None,
    layer: Annotated[
        ExportLayer | None,
        typer.Option("--layer", help="Where a raw table and a mart share the name."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a raw table or a published mart to one file, whole or not at all."""
    from buck.flow.exporting import export_table

    done = export_table(
        context.obj.project(),
        table,
        to,
        format_=format_.value if format_ else None,
        layer=layer.value if layer else None,
        overwrite=overwrite,
    )
    if as_json:
        show_json(done.to_dict())
        return
    sign = mark("ok", err=False)
    show(f"{sign} {done.rows:,} rows of {done.table} in {done.path}, {done.size_bytes:,} bytes")


def _show_proofs(found: list[TableProof]) -> None:
    for proof in found:
        for damage in proof.damages:
            show(f"{mark('failed', err=False)} {damage.file}: {damage.problem}")
            show(f"    expected {damage.expected}; found {damage.found}")
            show(f"    needed by {', '.join(damage.needed_by)}")
            show(f"    {damage.restore}")
    files, proven = sum(p.files for p in found), sum(p.checksums for p in found)
    damages = sum(len(p.damages) for p in found)
    size = f"{sum(p.size_bytes for p in found):,}"
    sign = mark("failed" if damages else "ok", err=False)
    state = f"{damages} damages" if damages else "whole"
    show(f"{sign} {files} files, {size} bytes, {proven} by their whole content: {state}")
    say("next: what each of them says, or buck restore" if damages else "next: buck lake du")
