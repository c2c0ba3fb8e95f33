"""Checks of one file each: `<schema>/<table>/<name>.sql` or `.py` in the folder of checks."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final, cast

from buck.engine import sql_errors
from buck.errors import ConfigError, QueryRefused
from buck.names import identifier, literal
from buck.quality.questions import refuse_unknown_words
from buck.records.quality import Check, CheckResult, Dimension
from buck.records.rows import SAMPLE_ROWS, FailingRows, mask_text

_SETTING: Final = re.compile(r"(?:--|#)\s*(name|dimension|severity|owner|column):\s*(.+?)\s*")


def list_custom_checks(checks_dir: Path) -> tuple[Path, ...]:
    """The files of custom checks, sorted; names that begin with `_` are left out."""
    found = (path for suffix in ("sql", "py") for path in checks_dir.glob(f"*/*/*.{suffix}"))
    return tuple(sorted(path for path in found if not path.name.startswith("_")))


def run_custom_checks(
    connection: Any,
    paths: Collection[Path],
    *,
    as_of: datetime,
    personal: Collection[str] = (),
    owners: Mapping[str, str] | None = None,
) -> list[CheckResult]:
    """One result per file; a file that can't be run is a result too (`errored`).

    A SQL file is a query for the rows that must not exist; `${NOW}` is the run's time. A Python
    file has a function `check(connection, as_of)` that gives such rows, as dicts. Both say in
    comments at their top what they are: `-- name: …`, `dimension`, `severity`, `owner`, `column`.
    """
    results = []
    for path in paths:
        question = read_custom_check(path, owners)
        cursor = connection.cursor()
        started = time.perf_counter()
        try:
            cursor.execute(f"use {identifier(question.schema)}")
            columns, rows, sql = _ask(cursor, path, as_of)
        except (QueryRefused, ConfigError) as exc:
            message = mask_text(str(exc).splitlines()[0])
            results.append(CheckResult(check=question, outcome="errored", message=message))
            continue
        finally:
            cursor.close()
        red = "warned" if question.severity == "warn" else "failed"
        results.append(
            CheckResult(
                check=question,
                outcome=red if rows else "passed",  # type: ignore[arg-type]
                value=len(rows),
                message=f"{len(rows)} rows must not exist" if rows else "",
                failing_rows=FailingRows.of(columns, rows[:SAMPLE_ROWS], personal=personal),
                failures=len(rows),
                sql=sql,
                seconds=round(time.perf_counter() - started, 3),
            )
        )
    return results


def read_custom_check(path: Path, owners: Mapping[str, str] | None = None) -> Check:
    """The question that a file puts, from the comments at its top."""
    said = dict(_settings(path))
    schema, table = path.parent.parent.name, path.parent.name
    refuse_unknown_words(said, check=path.name)
    dimension = said.get("dimension", "accuracy")
    return Check(
        name=said.get("name", path.stem.replace("_", " ")),
        table=table,
        schema=schema,
        engine="soda",
        dimension=cast("Dimension", dimension),
        severity="warn" if said.get("severity") == "warn" else "fail",
        owner=said.get("owner", (owners or {}).get(f"{schema}.{table}", "")),
        column=said.get("column", ""),
        expected="no rows",
        file=str(path),
        line=1,
    )


def read_custom_sql(path: Path, as_of: datetime) -> str:
    """The query of a SQL file, `${NOW}` filled in."""
    text = path.read_text(encoding="utf-8").strip().rstrip(";")
    return re.sub(r"\$\{\s*NOW\s*\}", literal(as_of.isoformat())[1:-1], text)


def _settings(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith(("--", "#", '"""')):
            return
        if found := _SETTING.fullmatch(line.strip()):
            yield found[1], found[2]


def _ask(cursor: Any, path: Path, as_of: datetime) -> tuple[list[str], list[Any], str]:
    if path.suffix == ".py":
        found = _call(path, cursor, as_of)
        columns = list(dict.fromkeys(name for row in found for name in row))
        return columns, [[row.get(name) for name in columns] for row in found], ""
    sql = read_custom_sql(path, as_of)
    with sql_errors():
        answer = cursor.execute(sql)
        return [d[0] for d in answer.description], answer.fetchall(), sql


def _call(path: Path, cursor: Any, as_of: datetime) -> list[dict[str, Any]]:
    try:
        return [dict(row) for row in _load(path)(cursor, as_of)]
    except ConfigError:
        raise
    except Exception as exc:
        raise ConfigError(f"{path.name}: {type(exc).__name__}: {exc}") from exc


def _load(path: Path) -> Any:
    spec = spec_from_file_location(f"buck_check_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path.name} can't be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(check := getattr(module, "check", None)):
        raise ConfigError(f"{path.name} has no function check(connection, as_of)")
    return check
