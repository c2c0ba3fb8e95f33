"""One failing check explained: what, how much, since when, from where, why, and what next."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from buck.errors import BuckError, ConfigError
from buck.flow.building import read_candidates
from buck.flow.evidence import Found, Measured, gather, measure, read_exponents
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.lineage import Lineage, node_of, read_lineage
from buck.flow.personal import personal_columns
from buck.flow.reading import open_zone
from buck.flow.resolution import failing_runs, resolve_state
from buck.flow.since_green import read_changes, rows_landed
from buck.flow.telling import (
    SAMPLE,
    count_rows,
    judge_truth,
    next_steps,
    tell_issue,
    telling_columns,
)
from buck.flow.verdicts import BAD, judged_runs, read_report
from buck.ledger import read_events
from buck.project import Project
from buck.quality.causes import STRONG, Evidence, find_cause
from buck.quality.impact import difference, over_count, unbooked
from buck.records.check_card import Cause, Changes, CheckCard, Impact, Origin
from buck.records.quality import CheckResult, QualityReport
from buck.records.rows import FailingRows

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake import Lake, RawPin
    from buck.records.build import ModelFacts
    from buck.records.run import Event

RUNS = 60
"""Runs of the ledger that are looked through."""
OFFERED = 5
RELATED = 20
"""Other failing checks of the run that are looked at for the same records."""


def explain_check(project: Project, check: str, *, run_id: str | None = None) -> CheckCard:
    """The card of one check in one run, the newest that judged it if none is named.

    Rows, amounts and loads are looked up in the candidates while they are still those of the run;
    later the card is made of what the ledger and this machine kept, and says so.

    Args:
        project: The project.
        check: The check's id, its name, or a part of either that names one check only.
        run_id: A run of the ledger.

    Raises:
        ConfigError: there is no such run, or no such check in it, or several.
    """
    investigation = Investigation(project, run_id)
    with investigation:
        return investigation.explain(investigation.find(check))


def _offered(near: Sequence[CheckResult], results: Sequence[CheckResult]) -> list[str]:
    """What names a check: its own name, or its id where others are called the same."""
    count = Counter(r.check.name for r in results)
    ordered = sorted(near, key=lambda r: count[r.check.name] > 1)[:OFFERED]
    return [repr(r.check.name if count[r.check.name] == 1 else r.check.id) for r in ordered]


def sort_cards(cards: Sequence[CheckCard]) -> list[CheckCard]:
    """The most telling first: what blocks, then what shows its cause, then what it drags along."""
    return sorted(cards, key=lambda c: (c.outcome == "warned", not c.is_first_hand))


class Investigation:
    """One run's verdicts, with what is needed to explain them. Reads only."""

    def __init__(self, project: Project, run_id: str | None) -> None:
        self.project = project
        self.lake: Lake = open_lake(project)
        self.events: list[Event] = read_events(self.lake.storage, since_runs=RUNS)
        runs = judged_runs(self.events)
        if not runs:
            raise ConfigError("no run has judged anything yet", hint="buck run")
        self.run_id = run_id or runs[-1]
        self.report: QualityReport = read_report(project, self.events, self.run_id)
        self.lineage: Lineage = read_lineage(project)
        self.pins: list[RawPin] = pin_tables(project, self.lake)
        self.personal = personal_columns(project)
        self.runs_of_loads = {
            str(e.facts["load_id"]): e.run_id
            for e in self.events
            if e.kind == "step_finished" and "load_id" in e.facts
        }
        self.candidates: Connection | None = self._open_candidates()
        self._found: dict[str, Found] = {}

    def __enter__(self) -> Investigation:
        return self

    def __exit__(self, *_: object) -> None:
        if self.candidates is not None:
            self.candidates.close()

    def find(self, check: str) -> CheckResult:
        """The check that a text names."""
        results = self.report.results
        exact = [r for r in results if check in (r.check.id, r.check.name)]
        word = check.lower()
        near = exact or [r for r in results if word in r.check.id.lower()]
        failing = [r for r in near if r.outcome in BAD]
        chosen = near if len(near) == 1 else failing
        if len(chosen) == 1:
            return chosen[0]
        if near:
            listed = "; ".join(_offered(failing or near, results))
            raise ConfigError(
                f"{check!r} names {len(failing or near)} checks", hint=f"one of: {listed}"
            )
        close = difflib.get_close_matches(check, [r.check.name for r in results], n=1)
        raise ConfigError(
            f"run {self.run_id} has no check {check!r}",
            hint=f"did you mean {close[0]!r}?"
            if close
            else "buck quality report --format markdown",
        )

    def explain(self, result: CheckResult) -> CheckCard:
        """The card of one verdict of the run."""
        check = result.check
        found = self._gather(result)
        model = self.lineage.find(check.schema, check.table)
        ids = [model.unique_id] if model else self._sources(found)
        below = self.lineage.below(ids)
        about = [*([model] if model else []), *below]
        raw = self._raw_tables(ids, found)
        changes = read_changes(
            self.project,
            self.lake,
            self.events,
            self.run_id,
            about=about,
            raw_tables=raw,
            lineage=self.lineage,
            candidates=self.candidates,
        )
        cause = self._cause(result, found, changes, raw)
        streak = failing_runs(self.events, check.id, self.run_id)
        later = [key for key, rows in found.versions.items() if self._is_later(rows[-1])]
        resolution = resolve_state(
            self.project,
            self.lake,
            self.events,
            check.id,
            self.run_id,
            corrected=(len(later), len(found.keys)),
            outcome=result.outcome,
        )
        measured = self._measure(found, about)
        return CheckCard(
            check=check.id,
            name=check.name,
            table=f"{check.schema}.{check.table}",
            owner=check.owner,
            dimension=check.dimension,
            severity=check.severity,
            expected=check.expected,
            run_id=self.run_id,
            pipeline=next((e.pipeline for e in self.events if e.run_id == self.run_id), ""),
            as_of=self.report.as_of.isoformat(),
            outcome=result.outcome,
            issue=tell_issue(result, found),
            failures=count_rows(result, found),
            truth=judge_truth(result),
            impact=tuple(self._impact(found, measured)),
            first_seen=self._when(streak[0]) if streak else "",
            last_seen=self._when(streak[-1]) if streak else "",
            runs_failing=len(streak),
            origins=tuple(self._origins(found)),
            sample=self._sample(found, check.column),
            upstream=tuple(raw),
            downstream=tuple(f"{m.schema}.{m.name}" for m in below),
            exposures=tuple(self.lineage.readers([*ids, *(m.unique_id for m in below)])),
            changes=changes,
            cause=cause,
            state=resolution.state,
            state_text=resolution.text,
            readers=resolution.readers,
            next_run=resolution.next_run,
            next_steps=tuple(next_steps(result, found, cause, resolution)),
            notes=tuple(self._notes(found, result)),
        )

    def _gather(self, result: CheckResult) -> Found:
        key = result.check.id
        if key not in self._found:
            self._found[key] = gather(
                self.project, result, self.lineage, self.pins, self.candidates
            )
        return self._found[key]

    def _open_candidates(self) -> Connection | None:
        """The build database, if what it holds is what this run judged."""
        built_by = {self.run_id} | {
            str(e.facts["built_by"])
            for e in self.events
            if e.run_id == self.run_id and e.facts.get("built_by")
        }
        try:
            if read_candidates(self.project, self.lake).run_id not in built_by:
                return None
            con = open_zone(self.project, "candidate")
        except BuckError:
            return None  # none there, of another lake, or being written
        con.execute("set TimeZone = 'UTC'")
        return con

    def _sources(self, found: Found) -> list[str]:
        """The dbt sources a raw table is known as."""
        if found.pin is None:
            return []
        ending = node_of(found.pin)
        known = {u for m in self.lineage.models for u in m.depends_on}
        return [u for u in known if u.startswith("source.") and u.endswith(ending)]

    def _raw_tables(self, ids: Sequence[str], found: Found) -> list[str]:
        above = [*ids, *self.lineage.above(ids)]
        names = [str(p.table) for p in self.pins if any(u.endswith(node_of(p)) for u in above)]
        own = str(found.pin.table) if found.pin else ""
        return sorted(names, key=lambda n: (n != own, n))

    def _is_later(self, row: dict[str, Any]) -> bool:
        return self.runs_of_loads.get(str(row["_buck_load_id"]), "") > self.run_id

    def _cause(
        self, result: CheckResult, found: Found, changes: Changes, raw: Sequence[str]
    ) -> Cause:
        """By the check's own rows, or by those of another check that the same records break."""
        if result.outcome == "passed" and not found.keys:
            return Cause("unknown", "none: the check passes")
        cause = find_cause(self._evidence(result, found, changes, raw))
        if cause.rule in STRONG or result.outcome in ("passed", "unjudged"):
            return cause
        others = [r for r in self.report.results if r.outcome in BAD and r is not result]
        others.sort(key=lambda r: r.check.dimension != "uniqueness")
        others = others[:RELATED]
        seen: dict[str, Cause] = {}
        for other in others:
            theirs = self._gather(other)
            shared = set(found.culprits) & set(theirs.culprits)
            # A total names no records: whatever is wrong with its table's goes into it.
            is_total = not found.keys and other.check.table == result.check.table
            if not theirs.culprits or not (is_total or len(shared) * 2 >= len(found.culprits) > 0):
                continue
            found_there = find_cause(self._evidence(other, theirs, changes, raw))
            if found_there.rule in STRONG and found_there.rule not in seen:
                seen[found_there.rule] = replace(found_there, seen_at=(other.check.name,))
        if not seen:
            return cause
        return Cause(
            next(iter(seen.values())).rule,
            "; and ".join(c.text for c in seen.values()),
            tuple(e for c in seen.values() for e in c.evidence),
            tuple(n for c in seen.values() for n in c.seen_at),
        )

    def _evidence(
        self, result: CheckResult, found: Found, changes: Changes, raw: Sequence[str]
    ) -> Evidence:
        days = self.project.settings.performance.incremental.lookback_days
        return Evidence(
            dimension=result.check.dimension,
            versions={
                key: [v for v in rows if not self._is_later(v)] or rows
                for key, rows in found.versions.items()
            },
            groups=found.groups,
            culprits=found.culprits,
            key=found.raw_key,
            table=found.pin.table.name.replace("_", " ") if found.pin else "",
            changes=changes,
            landed=rows_landed(self.events, changes, self.run_id, raw),
            patience=timedelta(days=days),
            hidden=frozenset(self.personal),
        )

    def _measure(self, found: Found, about: Sequence[ModelFacts]) -> Measured | None:
        if self.candidates is None or not found.keys:
            return None
        return measure(self.project, self.candidates, found, about)

    def _impact(self, found: Found, measured: Measured | None) -> list[Impact]:
        if self.candidates is None:
            return []
        digits = read_exponents(self.candidates)
        booked = unbooked(found.rows, digits, measure="revenue")
        if booked or measured is None:
            return booked
        word = measured.measure
        if found.groups:
            return over_count(found.groups, measured.now, digits, measure=word)
        return difference(found.keys, measured.now, measured.before, digits, measure=word)

    def _when(self, run_id: str) -> str:
        at = next((e.at for e in self.events if e.run_id == run_id), None)
        return f"{run_id} ({at:%Y-%m-%d %H:%M} UTC)" if at else run_id

    def _origins(self, found: Found) -> Iterator[Origin]:
        """The loads that brought the versions which the run judged, newest first."""
        if found.pin is None:
            return
        table = found.pin.table
        files = self.lake.raw(table.source, table.name).state().files
        loads: dict[str, list[dict[str, Any]]] = {}
        for key in found.culprits:
            seen = [v for v in found.versions.get(key, ()) if not self._is_later(v)]
            if seen:
                loads.setdefault(str(seen[-1]["_buck_load_id"]), []).append(seen[-1])
        for load_id, rows in sorted(loads.items(), reverse=True):
            # The lower half of the number counts the rows within one commit.
            places = sorted(int(r["_buck_seq"]) & 0xFFFFFFFF for r in rows)
            yield Origin(
                table=str(table),
                load_id=load_id,
                run_id=self.runs_of_loads.get(load_id, ""),
                observed_at=str(rows[0]["_buck_observed_at"]),
                rows=len(rows),
                positions=str(places[0]) if len(places) == 1 else f"{places[0]}-{places[-1]}",
                files=tuple(f for f in files if load_id in f),
            )

    def _sample(self, found: Found, column: str) -> FailingRows:
        if not found.rows:
            return FailingRows()
        personal = set(self.personal)
        if column in personal:
            # dbt's generic tests give the tested column a name of their own.
            personal |= {"unique_field", "value_field", "from_field"}
        if found.groups and found.group != found.key:
            columns = [found.group, "count", "first seen", "last seen"]
            rows = [
                [
                    next(r[found.group] for r in found.rows if str(r[found.key]) == keys[0]),
                    len(keys),
                    *(self._observed(found, key) for key in (keys[0], keys[-1])),
                ]
                for keys in found.groups[:SAMPLE]
            ]
            return FailingRows.of(columns, rows, personal=personal)
        columns = telling_columns(found)
        shown = [[row[name] for name in columns] for row in found.rows[:SAMPLE]]
        return FailingRows.of(columns, shown, personal=personal)

    def _observed(self, found: Found, key: str) -> str:
        versions = found.versions.get(key)
        return f"{versions[0]['_buck_observed_at']:%Y-%m-%d %H:%M}" if versions else ""

    def _notes(self, found: Found, result: CheckResult) -> Iterator[str]:
        if result.outcome in ("passed", "unjudged"):
            return
        if self.candidates is None:
            yield (
                "the candidates of this run are no longer here: amounts are unknown, and the rows "
                "are those that this machine kept"
            )
        if result.failures and len(found.rows) < result.failures:
            yield f"{len(found.rows)} of {result.failures} rows were looked at"
