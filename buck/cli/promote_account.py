"""`buck promote verify-account`."""

from __future__ import annotations

import typer

from buck.cli.options import AsJson
from buck.cli.progress import RunTalk
from buck.cli.promote import Target, group
from buck.cli.render import mark, say, show, show_json


@group.command("verify-account")
def verify_account(context: typer.Context, target: Target = None, as_json: AsJson = False) -> None:
    """Try a whole promotion on your own account, behind a prefix, and remove it again."""
    from buck.flow.account_trial import try_account

    project = context.obj.project()
    if as_json:
        trial = try_account(project, target)
    else:
        with RunTalk() as talk:
            trial = try_account(project, target, on_event=talk.event, on_progress=talk.progress)
    if as_json:
        show_json(trial.to_dict())
    else:
        receipt = trial.receipt
        equal = sum(table.is_equal for table in receipt.tables) if receipt else 0
        if receipt:
            show(f"{receipt.proof}: {equal} of {len(receipt.tables)} marts equal to the row")
        show(f"published and read again: {'yes' if trial.is_verified else 'no'}")
        show(f"removed again: {'yes' if trial.is_removed else 'no'}")
        if trial.error:
            show(f"{mark('failed', err=False)} {trial.error}")
        if trial.holds:
            show(f"{mark('ok', err=False)} promotion works on {trial.target}")
        else:
            say(f"next: read {trial.report}, and send it with what you expected")
    raise typer.Exit(0 if trial.holds else 1)
