"""Helpers of the fault tests: secrets to look for, and what must agree after a fault."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SOURCES = ("stripe", "salesforce", "app")


def find_secrets(project: Any, secrets: list[str]) -> list[str]:
    """Files below the project that hold a secret, but those that are there to hold it."""
    found = []
    for path in sorted(p for p in project.root.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(project.root).as_posix()
        if name == ".env" or name.startswith("lake/.buck/sandbox/"):
            continue
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        found += [name for secret in secrets if secret.encode() in content]
    return found


@pytest.fixture(scope="session")
def secrets_in() -> Callable[[Any], list[str]]:
    """Names the files of a project in which its sources' credentials can be read."""

    def look(project: Any) -> list[str]:
        return find_secrets(project, secrets_of(project.sandbox_variables()))

    return look


def secrets_of(variables: dict[str, str]) -> list[str]:
    password = urlsplit(variables["APP_DATABASE_URL"]).password
    secrets = [variables["STRIPE_API_KEY"], variables["SALESFORCE_CLIENT_SECRET"], password or ""]
    assert all(len(secret) >= 8 for secret in secrets), "too short to be looked for"
    return secrets


@pytest.fixture(scope="session")
def all_secrets() -> Callable[[Any], list[str]]:
    """The secrets of a project's sources."""
    return lambda project: secrets_of(project.sandbox_variables())


@pytest.fixture(scope="session")
def orphans_in() -> Callable[[Any], list[str]]:
    """Raw files that no commit names: what a killed load may leave for a moment, never for good."""
    from deltalake import DeltaTable

    def look(project: Any) -> list[str]:
        found = []
        for table in project.lake.glob("raw/*/*"):
            committed = {Path(uri).name for uri in DeltaTable(table).file_uris()}
            found += [str(f) for f in table.glob("*.parquet") if f.name not in committed]
        return found

    return look


@pytest.fixture(scope="session")
def assert_same_raw() -> Callable[..., None]:
    """Two lakes hold the same versions (or newest versions) of every source's records."""

    def check(
        one: Any, other: Any, *, sources: tuple[str, ...] = SOURCES, newest: bool = False
    ) -> None:
        for source in sources:
            # Stripe forgets events after thirty days, so a late first load never sees them all.
            forgotten = {"events"} if newest and source == "stripe" else set()
            left = one.newest(source) if newest else one.versions(source)
            right = other.newest(source) if newest else other.versions(source)
            assert set(left) == set(right)
            for table in set(left) - forgotten:
                # A record that one lake saw and saw go, the other may never have seen.
                mine, theirs = (
                    [row for row in rows if not (newest and row[-1])]
                    for rows in (left[table], right[table])
                )
                assert mine == theirs, f"{source}.{table} differs"

    return check
