"""`buck publish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from buck.cli.app import app
from buck.cli.options import AsJson, Wait
from buck.cli.render import mark, say, show, show_json
from buck.cli.run import ApproveAs, Reason, read_override, show_blocking, show_held

if TYPE_CHECKING:
    from buck.flow.publishing import PublishResult


@app.command("publish")
def publish(
    context: typer.Context,
    approve_as: ApproveAs = None,
    reason: Reason = None,
    wait: Wait = 0.0,
    as_json: AsJson = False,
) -> None:
    """Judge the candidates as they are; publish them if they pass."""
    from buck.flow.publishing import publish_again

    override = read_override(approve_as, reason)
    result = publish_again(context.obj.project(), override=override, wait_s=wait)
    if as_json:
        show_json(result.to_dict())
    else:
        _tell(result)
    raise typer.Exit(result.exit_code)


def _tell(result: PublishResult) -> None:
    if result.report is not None and not result.report.passed:
        show_blocking(result.report)
    show_held(result.report)
    snapshot = result.snapshot.id if result.snapshot else "-"
    sign = mark(str(result.status), err=False)
    if result.status == "ok":
        show(f"{sign} published snapshot {snapshot}, built by run {result.run_id}")
        say("next: buck snapshots")
    elif result.status == "unchanged":
        show(f"{sign} the candidates of run {result.run_id} are snapshot {snapshot} already")
        say("next: buck run")
    else:
        show(f"{sign} gate closed: snapshot {snapshot} stays published")
        say("next: correct the check, or --approve-as NAME --reason TEXT")
