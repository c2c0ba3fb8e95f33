"""The cards of exit codes and error classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buck import errors
from buck.records.card import Card, Section, Tree

MEANINGS: Final[dict[int, tuple[str, str, str]]] = {
    0: (
        "The command did what it was asked to do.",
        "Everything: what a run built has passed its checks and is published.",
        "Nothing.",
    ),
    1: (
        "A source, the lake, dbt or the machine failed in a way Buck knows.",
        "What was published before is still published. Tables that were landed stay landed; none "
        "is half landed.",
        "Do what the hint says, then run again: it continues where the lake says.",
    ),
    2: (
        "`.buck.yml`, a variable or an argument is wrong. Nothing was started.",
        "Everything: no source was read and nothing was written.",
        "Correct what the message names; `buck doctor --config` shows each value and its origin.",
    ),
    3: (
        "The candidates did not pass their checks. The program is fine; the data is not.",
        "The published marts did not change, and readers noticed nothing.",
        "Read the blocking checks with `buck quality check MODEL`, repair the source, the model or "
        "the check, and run again.",
    ),
    4: (
        "Part of the data is missing and Buck knows which: some tables could not be read or too "
        "many of their records were held back (a degraded load), records are still held after a "
        "replay, or a source no longer keeps what was missed (a resync is needed).",
        "What was landed is complete for the tables that were landed.",
        "`buck pipeline logs NAME` names the tables and why; then run again.",
    ),
    70: (
        "An error nobody expected reached the boundary. It is ours.",
        "The promises hold by construction, not by handling errors: rows and marks are one commit, "
        "and publishing is one pointer. Nothing is half landed or half published.",
        "Report it with the traceback that the message names; running again is safe.",
    ),
    130: (
        "Somebody pressed Ctrl-C, or the process got SIGINT from whoever runs it.",
        "What was published before is still published. Tables that were landed stay landed; none "
        "is half landed.",
        "Run the same command again: it continues where the lake says.",
    ),
}
"""What each exit code means, what is safe, what to do; the runbooks say the same at length."""


def failure_names() -> list[str]:
    """Every exit code and every error class."""
    return [*(str(code) for code in MEANINGS), *(kind.__name__ for kind in _kinds())]


def explain_failure(name: str) -> Card:
    """The card of an exit code such as `3`, or of an error class such as `GateClosed`."""
    if name.isdigit():
        code = int(name)
        means, safe, todo = MEANINGS[code]
        raised = tuple(kind.__name__ for kind in _kinds() if kind.exit_code == code)
        sections = [Section("what is safe", safe), Section("what to do", todo)]
        if raised:
            sections.append(Section("errors", raised))
        sections += _runbook(code)
        return Card("error", f"exit code {code}", means, tuple(sections))
    kind = next(k for k in _kinds() if k.__name__ == name)
    _, safe, todo = MEANINGS[kind.exit_code]
    again = "yes, by itself it may pass" if kind.retryable else "not before something has changed"
    return Card(
        "error",
        name,
        (inspect.getdoc(kind) or "").splitlines()[0],
        (
            Section("exit code", str(kind.exit_code)),
            Section("worth trying again", again),
            Section("what is safe", safe),
            Section("what to do", todo),
            Section("in the tree", _branch(kind)),
            *_runbook(kind.exit_code),
        ),
    )


def _runbook(code: int) -> list[Section]:
    """Where the page about an exit code lies: in the wheel, or in a checkout."""
    package = Path(errors.__file__).resolve().parent
    for folder in (package / "runbooks", package.parent / "docs" / "runbooks"):
        if (page := folder / f"exit-{code}.md").is_file():
            return [Section("runbook", str(page))]
    return []


def _kinds(kind: type[errors.BuckError] = errors.BuckError) -> Iterator[type[errors.BuckError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _kinds(below)


def _branch(kind: type[errors.BuckError]) -> Tree:
    """The way from the root to a class, and what is below it."""
    below = [k for k in kind.__subclasses__() if k.__module__ == errors.__name__]
    tree = Tree(kind.__name__, "◀", tuple(Tree(k.__name__) for k in below))
    for above in kind.__mro__[1:]:
        if issubclass(above, errors.BuckError):
            tree = Tree(above.__name__, "", (tree,))
    return tree
