"""One `buck dev`: what was saved is built and tested in the branch's own database, and compared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.engine import connect
from buck.engine.columns import parquet_scan, typed_select
from buck.errors import BuckError, ConfigError, LakeError
from buck.flow.building import read_candidates, workspace
from buck.flow.dev.database import DevDatabase
from buck.flow.dev.differences import Compared, attach, compare
from buck.flow.git import git_commit
from buck.flow.lake_access import open_lake
from buck.flow.lock import hold_lock
from buck.flow.personal import personal_columns
from buck.lake import SnapshotStore
from buck.names import TableRef
from buck.project import Project
from buck.records.dev import Outcome, TableDifference, Turn

if TYPE_CHECKING:
    from buck.records.build import BuildResult, NodeResult
    from buck.records.snapshot import Snapshot
    from buck.transform import DbtWorkspace, ProjectGraph

CHECKS = "checks"


@dataclass(frozen=True, slots=True)
class Work:
    """What one turn has to do, as dbt names and SodaCL tables."""

    build: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    check: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.build or self.test or self.check)


class DevSession:
    """Rebuilds and compares on one git branch. Use it as a context manager: it holds a lock.

    Models see the moment of the published snapshot, not the present, so that a difference comes
    from the code. The project's own lock, build database and published marts are never touched.

    Raises:
        LakeError: nothing was built or published yet.
        LakeLocked: another `buck dev` works on the branch.
    """

    def __init__(self, project: Project, branch: str, *, select: Sequence[str] = ()) -> None:
        self._project = project
        self._select = list(select)
        self._database = DevDatabase(project, branch)
        self._held = ExitStack()
        self.branch = branch

    def __enter__(self) -> DevSession:
        self._held.enter_context(hold_lock(self._database.folder, "buck dev"))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def start(self) -> Turn:
        """Build what is selected and what differs from the published code; compare all of it.

        Raises:
            ConfigError: nothing is selected by what was said.
        """
        started = time.perf_counter()
        is_new = self._database.refresh()
        snapshot = self._snapshot()
        # `main` is also what is said where there is no git.
        is_branch = self.branch != "main" or git_commit(self._project.root)
        of = f", for the branch {self.branch}" if is_branch else ""
        notes = [f"a fresh copy of the build database{of}"] * is_new
        if snapshot is None:
            notes.append("nothing is published yet, so there is nothing to compare with")
        elif is_new:
            self._database.remember(dict(snapshot.model_hashes))
        turn = self._turn((), started, everything=True)
        return replace(turn, notes=(*notes, *turn.notes))

    def rebuild(self, saved: Sequence[Path]) -> Turn | None:
        """Build and test what some saved files change; None if that is nothing."""
        started = time.perf_counter()
        turn = self._turn(tuple(saved), started, everything=False)
        is_idle = not (turn.built or turn.tested or turn.error)
        return None if is_idle else turn

    def turns(self, saves: Iterator[list[Path]]) -> Iterator[Turn]:
        """A turn for every save that changes anything."""
        for saved in saves:
            if (turn := self.rebuild(saved)) is not None:
                yield turn

    def _turn(self, saved: tuple[Path, ...], started: float, *, everything: bool) -> Turn:
        names = tuple(path.as_posix() for path in saved)
        try:
            built, tested, differences = self._work(saved, everything=everything)
            turn = Turn(names, built, tested, differences)
            if not all(d.is_same for d in differences) and (told := self._other_data()):
                turn = replace(turn, notes=(told,))
        except BuckError as exc:
            if everything and isinstance(exc, ConfigError):
                raise
            turn = Turn(names, error=f"{exc.what}" + (f" ({exc.hint})" if exc.hint else ""))
        return replace(turn, seconds=round(time.perf_counter() - started, 2))

    def _work(
        self, saved: tuple[Path, ...], *, everything: bool
    ) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...], tuple[TableDifference, ...]]:
        from buck.transform import build, ensure_parsed, model_hashes, read_graph

        space = self._space()
        ensure_parsed(space)
        hashes = model_hashes(space.target_path)
        known = self._database.hashes
        stale = [name for name, code in hashes.items() if known.get(name) != code]
        graph = read_graph(space.target_path)
        work = (
            self._first_work(space, stale) if everything else self._saved_work(saved, stale, graph)
        )
        outcomes: list[NodeResult] = []
        if work.build:
            # Whole, because an incremental build would leave the rows that the old code made.
            outcomes += _run(
                build(
                    space,
                    command="build",
                    select=list(work.build),
                    full_refresh=True,
                    write_manifest=False,
                )
            )
            failed = {node.name for node in outcomes if node.status in ("errored", "skipped")}
            made = {node.name for node in outcomes if node.status == "ok"}.union(stale) - failed
            # An ephemeral model has no outcome of its own; it is not to be built again for ever.
            self._database.remember({name: hashes[name] for name in made if name in hashes})
        if work.test:
            outcomes += _run(
                build(space, command="test", select=list(work.test), write_manifest=False)
            )
        built = [n for n in outcomes if n.kind in ("model", "seed", "snapshot")]
        tested = [_outcome(n) for n in outcomes if n not in built]
        tested += self._check(work.check)
        wanted = [n for n in built if n.status == "ok"]
        return tuple(map(_outcome, built)), tuple(tested), self._compare(wanted, graph)

    def _first_work(self, space: DbtWorkspace, stale: list[str]) -> Work:
        from buck.transform import list_selected

        selected = sorted(list_selected(space, self._select)) if self._select else []
        if self._select and not selected:
            raise ConfigError(
                f"no model is selected by {' '.join(self._select)}",
                hint="a name, +name, marts.finance or tag:daily; buck dbt ls",
            )
        return Work(build=tuple(dict.fromkeys([*selected, *stale])))

    def _saved_work(self, saved: tuple[Path, ...], stale: list[str], graph: ProjectGraph) -> Work:
        """What is to be done after a save.

        Models whose code is another now (a macro's counts), and of SELECT what is below them; the
        tests of models that a saved yml describes; saved tests; saved checks.
        """
        names = set(stale)
        tests: list[str] = []
        checks: list[str] = []
        for path in saved:
            parts, stem = path.parts, path.stem
            if parts[0] == CHECKS:
                checks.append(f"{path.parent.name}.{stem}")
            elif parts[0] == "tests":
                tests += [t["name"] for t in graph.tests if _is_from(t, path)]
            elif path.suffix in (".yml", ".yaml"):
                tests += [n["name"] for n in graph.of_type("model", "seed") if _is_from(n, path)]
            else:
                built = graph.of_type("model", "seed", "snapshot")
                names |= {n["name"] for n in built if _is_from(n, path)}
        below = [f"{name}+,{part}" for name in sorted(names) for part in self._select]
        kept = [name for name in dict.fromkeys(tests) if name not in names]
        return Work(build=(*sorted(names), *below), test=tuple(kept), check=tuple(checks))

    def _check(self, tables: Sequence[str]) -> list[Outcome]:
        """SodaCL's answers about some tables of the branch's database."""
        if not tables:
            return []
        from buck.quality import run_checks

        con = connect(self._database.file, work=self._database.folder, read_only=True)
        try:
            results = run_checks(
                con,
                self._project.transform_dir / CHECKS,
                as_of=self._as_of(),
                tables=set(tables),
                personal=personal_columns(self._project),
            )
        finally:
            con.close()
        return [Outcome(r.check.name, "check", r.outcome, r.seconds, r.message) for r in results]

    def _compare(
        self, built: Sequence[NodeResult], graph: ProjectGraph
    ) -> tuple[TableDifference, ...]:
        """Each rebuilt table against the published snapshot, in the order of their building."""
        from buck.transform import key_columns

        snapshot = self._snapshot()
        if not built:
            return ()
        lake = open_lake(self._project)
        published = {}
        for table in snapshot.tables if snapshot else ():
            files = tuple(str(lake.storage.fetch(name)) for name in table.files)
            published[table.schema, table.name] = typed_select(
                table.columns, parquet_scan(files), present=set(table.columns)
            )
        personal = personal_columns(self._project)
        con = connect(work=self._database.folder)
        try:
            attach(con, self._database.file)
            found = []
            for node in built:
                ref = TableRef(node.schema, node.table or node.name)
                key = key_columns(graph, graph.nodes[node.unique_id])
                theirs = published.get((ref.schema, ref.name), "")
                found.append(compare(con, Compared(ref, theirs, key), personal=personal))
            return tuple(found)
        finally:
            con.close()

    def _snapshot(self) -> Snapshot | None:
        return SnapshotStore(open_lake(self._project).storage).current()

    def _other_data(self) -> str:
        """That differences come from data too, if the build has other rows than the snapshot."""
        snapshot = self._snapshot()
        try:
            built = read_candidates(self._project, open_lake(self._project))
        except LakeError:
            return ""
        versions = snapshot.lake_versions if snapshot else {}
        if snapshot is None or all(built.lake_versions.get(t) == v for t, v in versions.items()):
            return ""
        return (
            f"the build, of run {built.run_id}, has other raw rows than the published snapshot "
            f"{snapshot.id}: differences come from them, too, not only from your code"
        )

    def _as_of(self) -> Any:
        snapshot = self._snapshot()
        return snapshot.as_of if snapshot else self._project.as_of()

    def _space(self) -> DbtWorkspace:
        space = workspace(self._project, self._as_of())
        return replace(
            space,
            target_path=self._database.folder / "target",
            log_path=self._database.folder / "logs",
            env={**space.env, "BUCK_BUILD_DB": str(self._database.file)},
        )


def _run(result: BuildResult) -> list[NodeResult]:
    return list(result.nodes)


def _outcome(node: NodeResult) -> Outcome:
    return Outcome(node.name, node.kind, node.status, round(node.seconds, 2), node.message)


def _is_from(node: dict[str, Any], path: Path) -> bool:
    """Whether a file of the dbt project defines a node, or describes it."""
    told = str(node.get("patch_path") or "").partition("://")[2]
    return path.as_posix() in (str(node["original_file_path"]).replace("\\", "/"), told)
