"""`buck quarantine list|show|replay|release|drop`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json, show_table
from buck.errors import ConfigError

if TYPE_CHECKING:
    from buck.flow.quarantine import Outcome, Wanted

group = typer.Typer(no_args_is_help=True, help="Records that were held back, and what to do.")
app.add_typer(group, name="quarantine")

Ids = Annotated[
    list[str] | None, typer.Argument(help="Ids, or how they begin, as `list` shows them.")
]
Source = Annotated[str | None, typer.Option("--source", help="Only this source's records.")]
Table = Annotated[str | None, typer.Option("--table", help="Only this table's records.")]
Everything = Annotated[
    bool, typer.Option("--all", help="All pending records [of --source or --table].")
]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the records and in the ledger.")]


@group.command("list")
def list_records(
    context: typer.Context,
    source: Source = None,
    table: Table = None,
    status: Annotated[
        str,
        typer.Option("--status", help="pending, replayed, released, dropped, superseded or all."),
    ] = "pending",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what is held, oldest first."""
    from buck.flow.quarantine import list_held
    from buck.records.quarantine import HeldStatus

    try:
        wanted = None if status == "all" else HeldStatus(status)
    except ValueError as exc:
        known = ", ".join([*HeldStatus, "all"])
        raise ConfigError(f"{status!r} is no status", hint=f"one of {known}") from exc
    held = list_held(context.obj.project(), source=source, table=table, status=wanted, limit=limit)
    if as_json:
        show_json([record.to_dict() for record in held])
        return
    if not held:
        say("nothing is held" if wanted is None else f"nothing is {wanted}")
        return
    show_table(
        ["id", "table", "key", "status", "since", "reason"],
        [
            [
                record.id[:12],
                f"{record.source}.{record.table}",
                record.key,
                str(record.status),
                f"{record.observed_at:%Y-%m-%d %H:%M}",
                record.decision or record.reason,
            ]
            for record in held
        ],
    )
    say("next: buck quarantine show ID")


@group.command("show")
def show_record(
    context: typer.Context,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The id, or how it begins.")],
    as_json: AsJson = False,
) -> None:
    """Show one record: the bytes as they came, and what holds it."""
    from buck.flow.quarantine import show_held

    record = show_held(context.obj.project(), id_)
    facts = record.to_dict()
    if as_json:
        show_json(facts)
        return
    for name, value in facts.items():
        if name != "raw" and value not in (None, ""):
            show(f"{name:<12} {value}")
    show("raw")
    show(_pretty(facts["raw"]))
    if record.status == "pending":
        say("next: buck quarantine replay|release|drop ID")


@group.command("replay")
def replay(
    context: typer.Context,
    ids: Ids = None,
    everything: Everything = False,
    source: Source = None,
    table: Table = None,
    reason: Why = "",
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Parse records again and land those that fit now."""
    from buck.flow.quarantine import replay_held

    outcome = replay_held(
        context.obj.project(),
        _wanted(ids, everything, source, table),
        reason=reason,
        wait_s=wait,
    )
    _tell(outcome, as_json=as_json)


@group.command("release")
def release(
    context: typer.Context,
    ids: Ids = None,
    everything: Everything = False,
    source: Source = None,
    table: Table = None,
    reason: Why = "",
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Let records pass as they are: values that do not fit are landed as text."""
    from buck.flow.quarantine import replay_held

    outcome = replay_held(
        context.obj.project(),
        _wanted(ids, everything, source, table),
        release=True,
        reason=reason,
        wait_s=wait,
    )
    _tell(outcome, as_json=as_json)


@group.command("drop")
def drop(
    context: typer.Context,
    ids: Ids = None,
    everything: Everything = False,
    source: Source = None,
    table: Table = None,
    reason: Why = "",
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Give records up; they are kept here with the reason, and never landed."""
    from buck.flow.quarantine import drop_held

    if not reason.strip():
        raise ConfigError(
            "records are dropped for a reason", hint='write --reason "test data of the vendor"'
        )
    wanted = _wanted(ids, everything, source, table)
    outcome = drop_held(context.obj.project(), wanted, reason=reason, wait_s=wait)
    _tell(outcome, as_json=as_json)


def _wanted(
    ids: list[str] | None, everything: bool, source: str | None, table: str | None
) -> Wanted:
    from buck.flow.quarantine import Wanted

    if bool(ids) == everything:
        raise ConfigError("give ids, or --all", hint="buck quarantine list shows the ids")
    if ids and (source or table):
        raise ConfigError("--source and --table go with --all, not with ids")
    return Wanted(tuple(ids or ()), source, table)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    """What became of the records; exit 4 while some are still held."""
    if as_json:
        show_json(outcome.to_dict())
        raise typer.Exit(4 if outcome.reasons else 0)
    for id_, status in outcome.statuses.items():
        show(f"{mark('ok', err=False)} {id_[:12]} {status}")
    for id_, reason in outcome.reasons.items():
        show(f"{mark('degraded', err=False)} {id_[:12]} still held: {reason}")
    if not outcome.statuses and not outcome.reasons:
        say("nothing is pending")
    elif outcome.statuses:
        say("next: buck run")
    if outcome.reasons:
        say("next: change the table's spec or contract and replay; or release, or drop")
        raise typer.Exit(4)


def _pretty(raw: Any) -> str:
    import orjson

    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return str(raw)
