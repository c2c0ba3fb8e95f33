"""Proving the checks: known faults in a copy of the candidates."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import connect
from buck.errors import ConfigError, LakeError
from buck.flow.building import built_at, workspace
from buck.flow.checking import CHECKS
from buck.flow.lock import hold_lock
from buck.names import TableRef, identifier
from buck.project import Project

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.quality.proving import Question
    from buck.records.proof import Proof
    from buck.transform import DataTest

_UPSTREAM = ("raw", "staging")


def prove_checks(
    project: Project,
    models: Sequence[str] = (),
    *,
    as_of: datetime | None,
    sample: int | None = None,
    seed: int = 7,
    wait_s: float = 0.0,
    on_table: Callable[[TableRef, int], None] | None = None,
) -> Proof:
    """Which faults in the marts the project's checks notice.

    The candidates themselves are not touched, and other commands need not wait while faults are
    made: they are made in a copy, which is gone afterwards.

    Args:
        project: The project, with a build in which every check passes.
        models: Damage only these marts; all if none is named.
        as_of: The build's time; what the last finished build says if None.
        sample: Make only so many faults.
        seed: Decides which rows are damaged.
        wait_s: Seconds to wait for another run of this project.
        on_table: Called with each mart and the number of its faults.

    Raises:
        LakeError: there are no candidates.
        ConfigError: a name is not a mart's; a Soda check has no SQL form.
        GateClosed: the build is not green.
        LakeLocked: a run has the project.
    """
    from buck.quality import prove
    from buck.transform import compile_tests, readers_of
    from buck.transform import models as read_models

    if not project.build_database.exists():
        raise LakeError("there are no candidates to damage", hint="buck run")
    at = as_of or built_at(project)
    space = workspace(project, at)
    with tempfile.TemporaryDirectory(prefix="proof-", dir=project.work) as folder:
        copy = Path(folder) / project.build_database.name
        with hold_lock(project.work, "buck quality prove", wait_s=wait_s):
            tests = compile_tests(space)
            shutil.copy(project.build_database, copy)
        marts = [
            TableRef(m.schema, m.name) for m in read_models(space.target_path) if m.layer == "marts"
        ]
        # The tables are small; more threads would only wait for each other.
        con = connect(copy, work=project.work, threads=1)
        try:
            _freeze_views(con, keep=readers_of(space, frozenset(marts)))
            questions, impossible = _questions(con, project, tests, at)
            return prove(
                con,
                _chosen(marts, models),
                questions,
                as_of=at,
                impossible=impossible,
                seed=seed,
                sample=sample,
                on_table=on_table,
            )
        finally:
            con.close()


def _chosen(marts: Sequence[TableRef], models: Sequence[str]) -> list[TableRef]:
    known = {name: mart for mart in marts for name in (mart.name, str(mart))}
    for name in models:
        if name not in known:
            raise ConfigError(f"there is no mart {name!r}", hint="see `buck dbt ls`")
    return [known[name] for name in dict.fromkeys(models)] if models else list(marts)


def _freeze_views(con: Connection, *, keep: frozenset[TableRef]) -> None:
    """Turn views into tables of the same rows: they are read once per check and fault.

    Views over marts stay views, so that damage shows through them.
    """
    listed = con.execute(
        "select schema_name, view_name from duckdb_views() "
        "where not internal and database_name = current_database() "
        "order by coalesce(list_position(['raw', 'staging'], schema_name), 3), view_name"
    ).fetchall()
    for schema, name in listed:
        if TableRef(schema, name) in keep:
            continue
        view, frozen = identifier(schema, name), identifier(schema, f"_frozen_{name}")
        con.execute(f"create table {frozen} as select * from {view}")
        con.execute(f"drop view {view}")
        con.execute(f"alter table {frozen} rename to {identifier(name)}")


def _questions(
    con: Connection, project: Project, tests: Sequence[DataTest], as_of: datetime
) -> tuple[list[Question], list[str]]:
    """Every check as a question, and the ids of those that no data could turn red."""
    from buck.quality import (
        DIALECTS,
        Question,
        is_always_empty,
        list_check_files,
        list_custom_checks,
        read_rules,
        render,
        why_impossible,
    )

    found: list[Question] = []
    impossible: list[str] = []
    for test in tests:
        id_ = f"dbt:{test.table}:{test.name}"
        red = f"exists(select 1 from (\n{test.sql}\n))"
        verdict = f"select case when {red} then 'failed' else 'passed' end"
        found.append(Question(id_, verdict, test.reads, can_block=test.severity == "fail"))
        if is_always_empty(con, test.sql):
            impossible.append(id_)
    for path in list_custom_checks(project.transform_dir / CHECKS):
        if path.suffix == ".sql":
            found.append(_own_question(path, as_of))
    for path in list_check_files(project.transform_dir / CHECKS):
        for rule in read_rules(path):
            rendered = render(rule, DIALECTS["duckdb"], as_of=as_of, qualify=lambda _: None)
            id_ = f"soda:{rule.table}:{rule.name}"
            sql = f"select outcome from (\n{rendered.sql}\n)"
            found.append(Question(id_, sql, frozenset(rendered.tables), rule.table.schema))
            if why_impossible(rule):
                impossible.append(id_)
    return found, impossible


def _own_question(path: Path, as_of: datetime) -> Question:
    """A custom SQL check as a question; Python checks are not asked about faults."""
    from buck.quality import Question, find_tables, read_custom_check, read_custom_sql

    check, sql = read_custom_check(path), read_custom_sql(path, as_of)
    red = f"exists(select 1 from (\n{sql}\n))"
    return Question(
        check.id,
        f"select case when {red} then 'failed' else 'passed' end",
        frozenset({TableRef(check.schema, check.table), *find_tables(sql, check.schema)}),
        check.schema,
        can_block=check.severity == "fail",
    )
