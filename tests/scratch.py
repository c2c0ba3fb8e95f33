"""A project folder of a test's own, `buck` as a real process in it, and a stranger who reads.

Nothing here imports Buck: what a lake holds is read with plain DuckDB and Delta.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPTS = sysconfig.get_path("scripts")
SYSTEM_COLUMNS = ("_buck_load_id", "_buck_observed_at", "_buck_source_ts", "_buck_seq")
FIGURES = {
    "gross": "gross_amount_minor",
    "refunds": "refunds_minor",
    "net": "net_amount_minor",
    "refunds_cash": "refunds_cash_minor",
    "net_cash": "net_cash_minor",
}
TIMEOUT_S = 600.0
KEYS = {"describe_snapshot": "object_name, field_name"}
"""What names a record of a raw table, if it is not `id`."""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def expect(self, code: int = 0) -> Done:
        assert self.code == code, f"buck {' '.join(self.args)} ended with {self.code}:\n{self}"
        return self

    def __str__(self) -> str:
        return f"stdout:\n{self.out}\nstderr:\n{self.err}"


@dataclass
class Scratch:
    """A project folder of a test's own, and what can be seen of it from outside."""

    root: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def work(self) -> Path:
        return self.lake / ".buck"

    @property
    def marts(self) -> Path:
        return self.lake / "marts.duckdb"

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """A person's shell: nothing of the test process but the way to the programs."""
        names = ("LANG", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, "HOME": str(self.home), **self.env, **(extra or {})}

    def start(
        self, *args: str, env: Mapping[str, str] | None = None, program: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        """`buck` (or another program) in the project's folder, as a real process."""
        return subprocess.Popen(
            [*(program or (f"{SCRIPTS}/buck",)), *args],
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def buck(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        program: tuple[str, ...] = (),
    ) -> Done:
        with self.start(*args, env=env, program=program) as process:
            try:
                out, err = process.communicate(stdin, timeout=TIMEOUT_S)
            except BaseException:
                process.kill()
                raise
        return Done(args, process.returncode, out, err)

    def python(self, *args: str, env: Mapping[str, str] | None = None) -> Done:
        return self.buck(*args, env=env, program=(sys.executable,))

    def connect(self, sandbox: Path) -> None:
        """Read from a sandbox that lives elsewhere, as of its present."""
        own = self.work / "sandbox"
        own.mkdir(parents=True, exist_ok=True)
        shutil.copy(sandbox / "environment.json", own / "environment.json")

    def sandbox_variables(self) -> dict[str, str]:
        text = (self.work / "sandbox" / "environment.json").read_text()
        return {str(k): str(v) for k, v in json.loads(text).items()}

    def copy(self, to: Path) -> Scratch:
        shutil.copytree(self.root, to, symlinks=True)
        return Scratch(to, self.home, dict(self.env))

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.root / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Published rows, read as a stranger would: with plain DuckDB."""
        import duckdb

        with duckdb.connect(self.marts, read_only=True) as con:
            return con.execute(sql).fetchall()

    def snapshot(self) -> dict[str, Any]:
        """The manifest that the pointer names; empty before the first publish."""
        pointer = self.lake / "snapshots" / "current.json"
        if not pointer.exists():
            return {}
        number = json.loads(pointer.read_text())["number"]
        return dict(json.loads((self.lake / "snapshots" / f"{number:06d}.json").read_text()))

    def content(self) -> dict[str, str]:
        """Every published mart's content hash."""
        tables = self.snapshot().get("tables", ())
        return {f"{t['schema']}.{t['name']}": t["content_hash"] for t in tables}

    def facts(self) -> dict[str, tuple[int, str]]:
        """Every published mart's rows as a fingerprint, but for the order in which they arrived.

        Equal in two lakes that saw the same sources, however many loads and kills it took.
        """
        import duckdb

        found = {}
        with duckdb.connect(self.marts, read_only=True) as con:
            for table in self.content():
                columns = [c[0] for c in con.execute(f"describe {table}").fetchall()]
                kept = ", ".join(c for c in columns if not c.endswith("_seq"))
                rows = f"select hash({kept}) as h from {table}"
                count, mixed, total = con.execute(
                    f"select count(*), bit_xor(h), sum(h) from ({rows})"
                ).fetchone() or (0, 0, 0)
                found[table] = (count, f"{mixed}/{total}")
        return found

    def published_bytes(self) -> dict[str, str]:
        """Every file that readers of the marts are led to, and what is in it."""
        named = [self.lake / f for t in self.snapshot().get("tables", ()) for f in t["files"]]
        logs = [*self.lake.glob("marts/*/*/_delta_log/*"), *self.lake.glob("snapshots/*")]
        found = [self.marts, *named, *logs]
        return self.bytes_of(str(p.relative_to(self.lake)) for p in found if p.is_file())

    def bytes_of(self, names: Iterable[str]) -> dict[str, str]:
        """What is in these files of the lake, as hashes."""
        return {n: hashlib.sha256((self.lake / n).read_bytes()).hexdigest() for n in names}

    def newest(self, source: str) -> dict[str, list[tuple[Any, ...]]]:
        """Per raw table the newest versions, without what differs from load to load."""
        return self._raw(source, "qualify _buck_seq = max(_buck_seq) over (partition by {key})")

    def versions(self, source: str) -> dict[str, list[tuple[Any, ...]]]:
        """Per raw table all versions ever landed, likewise."""
        return self._raw(source, "")

    def _raw(self, source: str, condition: str) -> dict[str, list[tuple[Any, ...]]]:
        import duckdb
        from deltalake import DeltaTable

        found = {}
        with duckdb.connect() as con:
            for folder in sorted((self.lake / "raw" / source).iterdir()):
                files = DeltaTable(folder).file_uris()
                if not files:
                    found[folder.name] = []
                    continue
                scan = f"read_parquet({files!r}, union_by_name = true)"
                found[folder.name] = con.execute(
                    f"select * exclude ({', '.join(SYSTEM_COLUMNS)}, _buck_op), "
                    f"_buck_op = 'd' as gone from {scan} "
                    f"{condition.format(key=KEYS.get(folder.name, 'id'))} order by all"
                ).fetchall()
        return found

    def leftovers(self) -> list[str]:
        """What no finished command may leave: scratch of loads, half-written files."""
        scratch = [*self.work.glob("landing/*"), *self.work.glob("publish/*")]
        spare = self.lake.rglob(".spare-*")
        return sorted(str(p.relative_to(self.lake)) for p in (*scratch, *spare))

    def runs(self) -> list[dict[str, Any]]:
        """What `buck pipeline status` tells, newest first."""
        answer = self.buck("pipeline", "status", "--limit", "50", "--json").expect(0)
        return list(answer.json["runs"])

    def differences(self, truth: Mapping[str, Any]) -> list[str]:
        """Every figure of every month and currency in which marts and truth differ."""
        columns = ", ".join(FIGURES.values())
        found = {
            (month, currency): dict(zip(FIGURES, values, strict=True))
            for month, currency, *values in self.rows(
                f"select strftime(revenue_month, '%Y-%m'), currency, {columns} "
                "from finance.agg_monthly_revenue"
            )
        }
        real = {(e["period"], e["currency"]): {n: e[n] for n in FIGURES} for e in truth["by_month"]}
        assert len({currency for _, currency in real}) >= 4, "the company sells in few currencies"
        nothing = dict.fromkeys(FIGURES, 0)
        return [
            f"{key}: marts {found.get(key)}, truth {real.get(key)}"
            for key in sorted(found | real)
            if found.get(key, nothing) != real.get(key, nothing)
        ]


READER = """
import json, sys, time
import duckdb
marts, stop = sys.argv[1:]
from pathlib import Path
while not Path(stop).exists():
    seen = {"error": None}
    try:
        con = duckdb.connect(marts, read_only=True)
        ask = lambda sql: con.execute(sql).fetchall()
        seen["snapshot"] = ask("from marts.core.buck_snapshot")[0][0]
        tables = ask("select table_schema || '.' || table_name from information_schema.tables")
        seen["rows"] = {t: ask(f"select count(*) from marts.{t}")[0][0] for (t,) in tables}
        time.sleep(0.05)
        seen["again"] = ask("from marts.core.buck_snapshot")[0][0]
        con.close()
    except Exception as exc:
        seen["error"] = f"{type(exc).__name__}: {exc}"
    print(json.dumps(seen), flush=True)
    time.sleep(0.3)
"""


class Reader:
    """A stranger's process that opens the published file again and again."""

    def __init__(self, marts: Path, folder: Path) -> None:
        self._stop = folder / "stop-reading"
        self._answers = folder / "answers.jsonl"
        with self._answers.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-c", READER, str(marts), str(self._stop)],
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def finish(self) -> list[dict[str, Any]]:
        """Every answer it got."""
        self._stop.touch()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
        return [json.loads(line) for line in self._answers.read_text().splitlines()]
