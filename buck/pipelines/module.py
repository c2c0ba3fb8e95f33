"""The user's source files: `pipelines/<name>_pipeline.py` with a function `source()`."""

from __future__ import annotations

import difflib
import importlib.util
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buck.errors import BuckError, ConfigError
from buck.records.table import TableSpec

if TYPE_CHECKING:
    from dlt.extract import DltSource

SUFFIX = "_pipeline.py"
_LOCK = threading.RLock()
"""One file is imported at a time, however many loads of it begin at once."""
IMPORT_FAILURES = (
    SyntaxError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
    OSError,
    SystemExit,
)
"""What a user's file may raise while it is imported."""


@dataclass(frozen=True, slots=True)
class SourceModule:
    """A source file, imported. `tables` are the raw tables whose columns it declares."""

    name: str
    path: Path
    source: Callable[[], DltSource]
    tables: tuple[TableSpec, ...]


def find_modules(folder: Path) -> dict[str, Path]:
    """Source name to file, for every file of the folder that is named like a source."""
    return {p.name.removesuffix(SUFFIX): p for p in sorted(folder.glob(f"*{SUFFIX}"))}


def load_module(folder: Path, name: str) -> SourceModule:
    """Import one source file. Nothing is read from the source yet.

    Raises:
        ConfigError: there is no such file, or it does not define `source()`.
    """
    found = find_modules(folder)
    if name not in found:
        near = difflib.get_close_matches(name, found, n=1)
        raise ConfigError(
            f"there is no source {name!r} in {folder.name}/",
            hint=f"did you mean {near[0]}?" if near else f"write {folder.name}/{name}{SUFFIX}",
        )
    path = found[name]
    spec = importlib.util.spec_from_file_location(f"buck_user_{name}{SUFFIX[:-3]}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path.name} cannot be imported", hint="check the file's name")
    module = importlib.util.module_from_spec(spec)
    try:
        with _LOCK:
            # dlt looks a source's module up by name when it makes configuration sections.
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
    except BuckError:
        raise
    except IMPORT_FAILURES as exc:
        raise ConfigError(f"{path.name} cannot be imported: {exc}", hint=f"edit {path}") from exc
    factory = getattr(module, "source", None)
    if not callable(factory):
        raise ConfigError(
            f"{path.name} defines no function source()",
            hint="end the file with `def source(): return ...` giving a dlt source",
        )
    declared = tuple(
        replace(table, source=name)
        for table in getattr(module, "TABLES", ())
        if isinstance(table, TableSpec)
    )
    return SourceModule(name, path, factory, declared)
