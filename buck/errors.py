"""Every error Buck raises on purpose, as one tree.

BuckError                  exit 1   something failed; the message says what, the hint what to do
├─ ConfigError             exit 2   `.buck.yml`, the environment or an argument is wrong
│  └─ QueryRefused         a user's SQL is wrong; the message is DuckDB's
├─ SourceError             exit 1   a source system
│  ├─ SourceUnreachable    retryable: no answer, or 5xx/429 until patience ran out
│  ├─ SourceDenied         the credentials lack a permission (401/403), named in the message
│  ├─ SourceChanged        a column vanished or changed its type
│  └─ ResyncRequired       exit 4: the source no longer has what was missed
├─ RunError                exit 1   a run did not come to its end
│  ├─ RunTimedOut          it took longer than its pipeline's timeout
│  ├─ RunInterrupted       exit 130: Ctrl-C, or somebody cancelled it
│  └─ PipelineBlocked      a pipeline that it depends on has failed
├─ LoadDegraded            exit 4   some tables landed, others did not
├─ LakeError               exit 1   the lake's own files
│  ├─ LakeLocked           retryable: somebody else is writing
│  ├─ LoadFenced           retryable: another run landed first; nothing of this one was written
│  └─ LakeDamaged          a file is missing, unreadable, or of a newer format
├─ TransformError          exit 1   dbt could not build
│  └─ ModelFailed          one model's SQL failed
├─ GateClosed              exit 3   the data is bad; the program is fine
├─ WarehouseError          exit 1   promotion's other side
│  ├─ AccessDenied
│  ├─ WarehouseLocked      retryable: another promotion is under way there
│  └─ PromotionIncomplete  exit 4
├─ LedgerError             exit 1   the run record could not be written or read
└─ SandboxError            exit 1   the simulated company's servers
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class BuckError(Exception):
    """What went wrong, in one lower-case sentence, with the next step as a hint.

    Args:
        what: The message: what and why, containing the value received.
        hint: A command to run or an edit to make.
    """

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class ConfigError(BuckError):
    """`.buck.yml`, the environment or an argument is wrong."""

    exit_code = 2


class QueryRefused(ConfigError):
    """A user's SQL is wrong."""


class SourceError(BuckError):
    """A source system failed."""


class SourceUnreachable(SourceError):
    """No usable answer until patience ran out."""

    retryable = True


class SourceDenied(SourceError):
    """The credentials lack a permission."""


class SourceChanged(SourceError):
    """A column vanished or changed its type."""


class ResyncRequired(SourceError):
    """The source no longer keeps what was missed; only a new full load is complete."""

    exit_code = 4


class RunError(BuckError):
    """A run did not come to its end."""


class RunTimedOut(RunError):
    """It took longer than its pipeline's timeout."""


class RunInterrupted(RunError):
    """A person or the machine ended it: Ctrl-C, `buck pipeline cancel`, or a signal."""

    exit_code = 130


class PipelineBlocked(RunError):
    """A pipeline that it depends on has failed."""


class LoadDegraded(BuckError):
    """Some tables landed and others did not."""

    exit_code = 4


class LakeError(BuckError):
    """The lake's own files."""


class LakeLocked(LakeError):
    """Somebody else is writing."""

    retryable = True


class LoadFenced(LakeError):
    """Another run landed this table first; nothing of this load was written."""

    retryable = True


class LakeDamaged(LakeError):
    """A file is missing, unreadable, or of a newer format."""


class TransformError(BuckError):
    """The dbt project could not be built."""


class ModelFailed(TransformError):
    """One model's SQL failed.

    Args:
        what: The message.
        hint: The next step.
        file: The model's file, as dbt names it.
        line: Where in it, if that is known.
    """

    def __init__(
        self, what: str, *, hint: str = "", file: str = "", line: int | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.file = file
        self.line = line


class GateClosed(BuckError):
    """The data did not pass its checks; nothing was published."""

    exit_code = 3


class WarehouseError(BuckError):
    """The warehouse that promotion writes to."""


class AccessDenied(WarehouseError):
    """The warehouse refused the role."""


class WarehouseLocked(WarehouseError):
    """Somebody else is promoting into the same warehouse."""

    retryable = True


class PromotionIncomplete(WarehouseError):
    """A promotion stopped half-way and can be continued."""

    exit_code = 4


class LedgerError(BuckError):
    """The run record could not be written or read."""


class SandboxError(BuckError):
    """The simulated company's servers."""


def causes(exc: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, each once, the outermost first.

    Each once: an error raised again from its own wrapping is among its causes.
    """
    seen: set[int] = set()
    inner: BaseException | None = exc
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = inner.__cause__ or inner.__context__
