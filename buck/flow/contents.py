"""What lies in the project's lake."""

from __future__ import annotations

import difflib

from buck.errors import ConfigError
from buck.flow.lake_access import open_lake
from buck.lake import list_contents, read_commits
from buck.project import Project
from buck.records.contents import TableCommit, TableContents


def measure_lake(project: Project) -> list[TableContents]:
    """Every raw table and every published mart, with rows, files and bytes.

    Raises:
        LakeDamaged, LakeError: see `list_contents`.
    """
    return list_contents(open_lake(project))


def table_history(project: Project, name: str) -> list[TableCommit]:
    """Every version of the raw table `source.table`, newest first.

    Raises:
        ConfigError: there is no such raw table.
    """
    lake = open_lake(project)
    tables = {str(table): table for table in lake.raw_tables()}
    if name not in tables:
        near = difflib.get_close_matches(name, tables, n=1)
        raise ConfigError(
            f"there is no raw table {name!r}",
            hint=f"did you mean {near[0]}?" if near else "buck lake ls names them all",
        )
    return read_commits(lake, tables[name])
