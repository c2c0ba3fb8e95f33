"""`buck promote --plan` where the plan is statements for somebody to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buck.cli.render import say, show, show_json

if TYPE_CHECKING:
    from pathlib import Path

    from buck.project import Project
    from buck.records.raw_files import WarehouseScript


def plan_script(
    project: Project,
    target: str | None,
    snapshot: int | None,
    *,
    is_asked: bool,
    to: Path | None,
    as_json: bool,
) -> bool:
    """Show the statements that load raw tables; False if the target is not loaded by any."""
    from buck.flow.promotion_script import is_scripted, keep_script, script_promotion

    if not is_scripted(project, target):
        return False
    script = script_promotion(project, target, snapshot=snapshot, is_asked=is_asked)
    if to is not None and script.stretches:
        keep_script(script, to, name="load.sql")
    if as_json:
        show_json(script.to_dict())
    elif not script.stretches:
        show(f"= {script.target} has every raw row of snapshot {script.snapshot}")
    else:
        if to is None:
            show_script(script)
        _say_next(script, to)
    return True


def show_script(script: WarehouseScript) -> None:
    """The statements, and below them the lists of files as comments."""
    show(script.sql.rstrip())
    for address, content in script.manifests.items():
        show(f"-- {address}")
        show("".join(f"-- {line}\n" for line in content.splitlines()).rstrip())


def say_upload(script: WarehouseScript, to: Path | None) -> None:
    """How the lists of files get to where the statements look for them."""
    if script.manifests and to is not None:
        folder = next(iter(script.manifests)).rpartition("/")[0]
        say(f"next: aws s3 cp --recursive {to / 'manifests'} {folder}/")


def _say_next(script: WarehouseScript, to: Path | None) -> None:
    rows = sum(stretch.rows for stretch in script.stretches)
    files = sum(len(stretch.files) for stretch in script.stretches)
    say(f"{len(script.stretches)} raw tables, {files} files, {rows:,} rows; nothing was written")
    if to is None:
        say(f"next: buck promote --target {script.target} --plan --to FOLDER")
        return
    say_upload(script, to)
    say(f"next: run {to / 'load.sql'} there, then buck dbt build --target {script.target}")
