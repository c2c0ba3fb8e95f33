"""What a run is doing, told as it happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from buck.cli.render import mark, say
from buck.cli.signals import ENDING
from buck.cli.step_table import StepTable

if TYPE_CHECKING:
    from buck.records.build import Progress
    from buck.records.load import Reading
    from buck.records.run import Event


class RunTalk:
    """Turns a run's events into lines on standard error; on a terminal what goes on moves below."""

    def __init__(self, *, indent: str = "") -> None:
        self.indent = indent
        self._steps = StepTable(indent) if sys.stderr.isatty() else None

    def __enter__(self) -> RunTalk:
        ENDING.be_quiet = self.close
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing moves any more; from any thread."""
        if self._steps:
            self._steps.close()

    def event(self, event: Event) -> None:
        """Say what an event means to a person."""
        if event.kind == "step_started":
            if self._steps:
                self._steps.start(event.step)
        elif event.kind == "step_finished":
            if self._steps:
                self._steps.finish(event.step)
            self._say(f"{self.indent}{mark(event.status)} {event.step:<18} {self._facts(event)}")
        elif event.kind == "retried":
            wait, what = event.facts["wait_s"], event.facts["message"]
            self._say(f"{self.indent}! {event.step} is tried again in {wait} s: {what}")
        elif event.kind == "incident" and event.status != "left_out":
            # What was left out is told with its step.
            about = ".".join(filter(None, (event.facts["table"], event.facts["column"])))
            kind = event.status.replace("_", " ")
            self._say(f"{self.indent}! {about} {kind}: {event.facts['detail']}")
        elif event.kind == "observation_sent" and event.status == "failed":
            channel, why = event.facts["channel"], event.facts["error"]
            self._say(
                f"{self.indent}! {channel} was not told of this run: {why}; see `buck doctor`"
            )
        elif event.kind == "schema_changed":
            added = ", ".join(event.facts.get("added", ()))
            self._say(f"{self.indent}! {event.facts['table']} has new columns: {added}")

    def progress(self, progress: Progress) -> None:
        """Show how far dbt is."""
        if self._steps:
            self._steps.show_node(progress)

    def reading(self, step: str, ask: Callable[[], Reading]) -> None:
        """Show how far a source is read."""
        if self._steps:
            self._steps.show_reading(step, ask)

    def _say(self, line: str) -> None:
        if self._steps:
            self._steps.say(line)
        else:
            say(line)

    def _facts(self, event: Event) -> str:
        facts = event.facts
        if event.status in ("blocked", "kept"):
            words = {"blocked": "blocked by", "kept": "done by run"}[event.status]
            return f"{words} {', '.join(facts['by'])}"
        parts = []
        if "rows_landed" in facts:
            parts.append(f"{facts['rows_landed']:,} new rows in {facts['tables']} tables")
            parts += _account(facts)
        if "lake_versions" in facts:
            parts.append(f"{len(facts['lake_versions'])} tables")
        if "models" in facts:
            scratch = (
                " from scratch" if facts.get("from_scratch") or facts.get("full_refresh") else ""
            )
            parts.append(f"{facts['models']} models{scratch}")
        if "checks" in facts:
            # What has too little history to be judged is told by `buck quality check`.
            told = {o: n for o, n in facts["checks"].items() if n and o != "unjudged"}
            parts.append(", ".join(f"{n} {o}" for o, n in told.items()))
        if "snapshot" in facts:
            parts.append(f"snapshot {facts['snapshot']}, {facts['tables']} marts")
        parts += _promoted(facts)
        if facts.get("passed_over"):
            alone = ", ".join(facts["passed_over"])
            parts.append(f"left alone, having no time to cut by: {alone}")
        if "skipped" in facts:
            parts.append("; ".join(f"{t}: {why}" for t, why in facts["skipped"].items()))
        return f"{', '.join(parts)} ({facts['seconds']:.1f} s)"


def _promoted(facts: Mapping[str, Any]) -> list[str]:
    """What a step of a promotion did in the warehouse."""
    if "promotion" in facts:
        return [f"promotion {facts['promotion']}, {facts['tables']} marts"]
    if "unequal" in facts:
        equal = facts["tables"] - len(facts["unequal"])
        return [f"{equal} of {facts['tables']} marts equal"]
    if "rows" in facts and "tables" in facts:
        return [f"{facts['rows']:,} rows of {facts['tables']} tables"]
    return []


def _account(facts: Mapping[str, Any]) -> list[str]:
    """Where everything that was received went, if not all of it was new."""
    received, landed = facts["rows_received"], facts["rows_landed"]
    if received == landed:
        return []
    held = facts.get("rows_quarantined", 0)
    parts = [f"{received:,} received", f"{received - landed - held:,} known"]
    return [*parts, f"{held:,} held back"] if held else parts
