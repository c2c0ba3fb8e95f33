"""The record that scripts keep in a warehouse where Buck does not write by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buck.records.raw_files import FileStretch

RECORD: Final = "buck"
"""Its schema, behind the prefix of all schemas there."""
LOADS: Final = "loads"
FILES: Final = "loaded_files"


def file_rows(stretch: FileStretch, quote: Callable[[str], str]) -> str:
    """A SELECT of what is recorded of each of a stretch's files, as literals.

    Args:
        stretch: What is loaded; it has files.
        quote: How a text is written there.
    """
    return " union all ".join(
        f"select {quote(stretch.label)} as table_name, {stretch.version} as version,"
        f" {quote(file.name)} as file, {file.rows} as row_count,"
        f" {file.size_bytes} as size_bytes, {quote(file.sha256)} as sha256"
        for file in stretch.files
    )
