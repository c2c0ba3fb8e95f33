"""Starting `buck` must not pay for what a command does not use."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "dlt",
    "dbt",
    "soda",
    "polars",
    "sqlalchemy",
    "duckdb",
    "pydantic",
    "pyarrow",
    "deltalake",
    "httpx",
    "psycopg",
    "s3fs",
    "yaml",
    "rich",
    "jinja2",
    "cryptography",
    "openlineage",
    "opentelemetry",
}


def imported_by(statement: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_command_line_imports_nothing_heavy():
    assert imported_by("import buck.cli.app, buck.cli.commands") & HEAVY == set()


def test_importing_buck_imports_nothing_heavy():
    assert imported_by("import buck") & (HEAVY | {"typer"}) == set()


def test_showing_help_imports_nothing_heavy():
    statement = (
        "sys.argv = ['buck', '--help']\n"
        "try:\n    from buck.cli.main import main; main()\n"
        "except SystemExit: pass\n"
        "sys.stderr.write(' '.join({n.partition('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statement}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: buck" in done.stdout
    assert set(done.stderr.split()) & HEAVY == set()


def test_the_rule_would_notice():
    assert "yaml" in imported_by("import buck.project.loading")
