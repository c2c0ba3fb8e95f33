"""The Typer application and the one error boundary."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from buck.cli.signals import ENDING, say_interrupted, stand_back, watch_signals
from buck.errors import BuckError, ConfigError, GateClosed, causes

if TYPE_CHECKING:
    from buck.project import Project

BUG = 70
INTERRUPTED = 130
CLOSED_PIPE = 141
"""128 and SIGPIPE, as a shell says it of programs that the signal ends."""
MACHINE = {
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space, the quota is used up",
    errno.EACCES: "give yourself access to it",
    errno.EPERM: "give yourself access to it",
    errno.EROFS: "make the disk writable",
    errno.EMFILE: "allow more open files (ulimit -n)",
}
"""What the machine can refuse at any place, and what helps; not a bug of ours."""

app = typer.Typer(
    name="buck",
    help="Bad data is worse than no data. Build pipelines that deliver truth.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What every command was given before its own name."""

    folder: Path
    environment: str | None
    debug: bool

    def project(self) -> Project:
        """The project the command is about."""
        from buck.project import open_project

        project = open_project(self.folder, environment=self.environment)
        ENDING.work = project.work
        return project


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"buck {version('buck-lakehouse')}")
        raise typer.Exit


@app.callback()
def invocation(
    context: typer.Context,
    project: Annotated[
        Path, typer.Option("--project", help="The project's folder, or one below it.")
    ] = Path(),
    environment: Annotated[
        str | None, typer.Option("--env", help="The environment of .buck.yml [default: dev].")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Bad data is worse than no data. Build pipelines that deliver truth."""
    del version
    context.obj = Invocation(project, environment, debug)


def main() -> None:
    """Run the command line and leave with Buck's exit codes."""
    from buck.cli import commands  # noqa: F401  importing registers every command
    from buck.cli.outline import outline

    watch_signals()
    with boundary():
        outline(app, frozenset(sys.argv[1:]))()


@contextmanager
def boundary() -> Iterator[None]:
    """Turn whatever goes wrong inside into words for a person and an exit code."""
    try:
        try:
            yield
        finally:
            stand_back()
    except BuckError as exc:
        _explain(exc)
        sys.exit(exc.exit_code)
    except BrokenPipeError:
        _leave_closed_pipe()
    except KeyboardInterrupt:
        say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as exc:
        # Typer makes an exit code of Ctrl-C and says nothing. It and Rich see a closed pipe before
        # us, and say 1, which means a failure.
        if exc.code == INTERRUPTED and _is_interrupt(exc):
            say_interrupted()
        if isinstance(exc.__context__, BrokenPipeError):
            _leave_closed_pipe()
        raise
    except Exception as exc:  # noqa: BLE001  the boundary: anything else is a bug of ours
        if _is_interrupt(exc):
            say_interrupted()
            sys.exit(INTERRUPTED)
        if isinstance(exc, OSError) and exc.errno in MACHINE:
            about = f" ({exc.filename})" if exc.filename else ""
            typer.echo(f"error: {(exc.strerror or str(exc)).lower()}{about}", err=True)
            typer.echo(f"hint: {MACHINE[exc.errno]}, then run it again", err=True)
            typer.echo(f"more: buck explain {BuckError.exit_code}", err=True)
            sys.exit(BuckError.exit_code)
        where = _keep_traceback()
        typer.echo(f"error: unexpected {type(exc).__name__}: {exc}", err=True)
        typer.echo(f"hint: this is a bug in Buck; please report it with {where}", err=True)
        typer.echo(f"more: buck explain {BUG}", err=True)
        sys.exit(BUG)


def _is_interrupt(exc: BaseException) -> bool:
    """Whether it came from Ctrl-C; DuckDB makes an error of its own of that."""
    return any(
        isinstance(one, KeyboardInterrupt)
        or (isinstance(one, RuntimeError) and str(one) == "Query interrupted")
        for one in causes(exc)
    )


def _leave_closed_pipe() -> NoReturn:
    """A closed pipe (`buck query … | head`) is not an error worth words."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)


def _explain(exc: BuckError) -> None:
    if "--debug" in sys.argv:
        traceback.print_exc()
    word = "gate closed" if isinstance(exc, GateClosed) else "error"
    typer.echo(f"{word}: {exc.what}", err=True)
    if exc.hint:
        typer.echo(f"hint: {exc.hint}", err=True)
    if not isinstance(exc, ConfigError):
        # Of a slip of the pen the hint says all there is to say.
        typer.echo(f"more: buck explain {type(exc).__name__}", err=True)


def leave(exc: BuckError) -> None:
    """Say what went wrong and end the process at once, from whichever thread."""
    _explain(exc)
    sys.stderr.flush()
    os._exit(exc.exit_code)


def _keep_traceback() -> str:
    """Write the traceback where a bug report can find it; stderr if there is no project."""
    text = traceback.format_exc()
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / ".buck.yml").is_file():
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
            file = folder / "lake" / ".buck" / "crashes" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return str(file.relative_to(folder))
    typer.echo(text, err=True)
    return "the traceback above"
