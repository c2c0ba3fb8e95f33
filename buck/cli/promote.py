"""`buck promote` and `buck promote verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.progress import RunTalk
from buck.cli.promote_script import plan_script
from buck.cli.render import mark, say, show, show_json, show_table
from buck.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buck.flow.promoting import PromoteResult
    from buck.project import Project
    from buck.records.comparison import TableComparison
    from buck.records.promotion import PromotionPlan

group = typer.Typer(
    invoke_without_command=True, help="The same marts in a warehouse, proven equal first."
)
app.add_typer(group, name="promote")

Target = Annotated[
    str | None, typer.Option("--target", help="A target of profiles.yml, such as postgres.")
]


@group.callback()
def promote(
    context: typer.Context,
    target: Target = None,
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", help="Which one [default: the published one].")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would happen; write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build every model there from scratch.")
    ] = False,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Redshift, Databricks: plan as if nothing were there."),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Redshift, Databricks: put the plan's statements in a folder."),
    ] = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Send what is published to a warehouse: load, build, check, prove equal, publish there."""
    if context.invoked_subcommand is not None:
        return
    from buck.flow.promoting import PromoteOptions
    from buck.flow.promoting import promote as start
    from buck.flow.promotion_plan import plan_promotion
    from buck.flow.snapshots import snapshot_number

    project: Project = context.obj.project()
    number = snapshot_number(snapshot) if snapshot is not None else None
    if plan and plan_script(project, target, number, is_asked=not offline, to=to, as_json=as_json):
        return
    if offline or to:
        raise ConfigError(
            "--offline and --to belong to a plan for redshift or databricks",
            hint="buck promote --target redshift --plan --offline",
        )
    if plan:
        made = plan_promotion(project, target, snapshot=number)
        if as_json:
            show_json(made.to_dict())
        else:
            _show_plan(made)
            say(f"next: buck promote --target {made.target}")
        return
    approved = _confirm(project, target, number, yes=yes)
    options = PromoteOptions(
        snapshot=number, full_refresh=full_refresh, approved_by=approved, wait_s=wait
    )
    with RunTalk() as talk:
        if not as_json:
            options.on_event, options.on_progress = talk.event, talk.progress
        result = start(project, target, options)
    if as_json:
        show_json(result.to_dict())
    else:
        _show_result(result, project.settings.warehouse.schema_prefix)
    raise typer.Exit(result.exit_code)


@group.command("verify")
def verify(
    context: typer.Context,
    receipt: Annotated[str, typer.Argument(help="A file, or a kept one such as postgres/000003.")],
    as_json: AsJson = False,
) -> None:
    """Check a receipt again: unchanged, still current, and still equal to what readers see."""
    from buck.flow.receipts import verify_receipt

    verified = verify_receipt(context.obj.project(), receipt)
    if as_json:
        show_json(verified.to_dict())
    elif not verified.is_genuine:
        show(f"{mark('failed', err=False)} the receipt was changed after it was made")
    elif not verified.is_current:
        show(f"{mark('failed', err=False)} readers there see another promotion by now")
    else:
        _show_differences(verified.tables)
        if verified.holds:
            count = len(verified.tables)
            show(f"{mark('ok', err=False)} the receipt holds: {count} marts are equal to the row")
    raise typer.Exit(0 if verified.holds else 1)


def _confirm(project: Project, target: str | None, number: int | None, *, yes: bool) -> str:
    """Who confirmed a promotion in production; nobody is asked elsewhere."""
    if project.environment != "prod" or yes:
        return "--yes" if yes else ""
    import getpass
    import sys

    from buck.flow.promotion_plan import plan_promotion

    if not sys.stdin.isatty():
        raise ConfigError(
            "a promotion in production must be confirmed, and nobody is at the terminal",
            hint="buck --env prod promote --yes",
        )
    _show_plan(plan_promotion(project, target, snapshot=number))
    if not typer.confirm("promote this?", err=True):
        raise typer.Exit(1)
    return getpass.getuser()


def _show_plan(plan: PromotionPlan) -> None:
    show(f"snapshot {plan.snapshot} → {plan.target}")
    if plan.is_current and not plan.loads:
        show("= readers there see this snapshot already")
        return
    if plan.loads:
        rows = [
            [load.table, load.rows, _size(load.bytes), "whole" if load.is_whole else "new rows"]
            for load in plan.loads
        ]
        show_table(["raw table", "rows", "about", ""], rows)
    for what, names in (
        ("models new there", plan.models_new),
        ("models changed", plan.models_changed),
        ("models removed", plan.models_removed),
        ("marts with other rows", plan.marts_changed),
        ("columns added", plan.columns_added),
        ("columns dropped", plan.columns_dropped),
    ):
        if names:
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            show(f"{what:<22} {len(names):>3}: {', '.join(names[:8])}{more}")
    scanned = f"estimate: at least {_size(plan.bytes_scanned)} scanned"
    show(scanned if plan.cost is None else f"{scanned}, {plan.cost:.2f} {plan.currency}")
    for finding in plan.findings:
        show(f"{mark('warned', err=False)} {finding}")


def _show_result(result: PromoteResult, prefix: str) -> None:
    if result.report:
        for check in result.report.blocking:
            show(f"{mark('failed', err=False)} {check.check.table}: {check.check.name}")
    if result.receipt and not result.receipt.is_equal:
        _show_differences(result.receipt.tables)
    if result.status == "gate_closed":
        say(f"nothing was published in {result.plan.target}; readers there see what they saw")
        return
    assert result.promotion is not None
    there = f"promotion {result.promotion.id} in {result.plan.target}"
    if result.status == "unchanged":
        show(f"{mark('unchanged', err=False)} snapshot {result.plan.snapshot} is {there} already")
        return
    show(f"{mark('ok', err=False)} snapshot {result.plan.snapshot} is {there}")
    if result.receipt:
        count = len(result.receipt.tables)
        show(f"{mark('ok', err=False)} {result.receipt.proof}: {count} marts equal to the row")
        say(f"next: buck promote verify {result.plan.target}/{prefix}{result.promotion.id}")


def _show_differences(tables: Iterable[TableComparison]) -> None:
    """Each mart that is not equal, with a few of its rows on both sides."""
    from buck.flow.receipts import describe

    for table in tables:
        if table.is_equal:
            continue
        show(f"{mark('failed', err=False)} {table.table}: {describe(table)}")
        for row in table.samples:
            key = ", ".join(f"{name}={value}" for name, value in row.key.items())
            show(f"    {row.kind} {key}")
            for name in {**row.left, **row.right}:
                here, there = row.left.get(name, "-"), row.right.get(name, "-")
                show(f"        {name}: {here} here, {there} there")


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
