"""What is on disk: raw tables, published snapshots, and the promises about both."""

from buck.lake.comparing import ComparingLanding
from buck.lake.content import read_content
from buck.lake.contents import list_contents, read_commits
from buck.lake.foreign import ForeignSource, ForeignTable, Tool
from buck.lake.lake import Lake, RawFormat, RawPin
from buck.lake.landing import Landing, full_schema
from buck.lake.publishing import Origin, Publisher, stamp_sql
from buck.lake.retention import pinned_files, pinned_versions
from buck.lake.row_quarantine import held_marts, held_versions
from buck.lake.snapshots import SnapshotStore
from buck.lake.storage import open_storage

__all__ = [
    "ComparingLanding",
    "ForeignSource",
    "ForeignTable",
    "Lake",
    "Landing",
    "Origin",
    "Publisher",
    "RawFormat",
    "RawPin",
    "SnapshotStore",
    "Tool",
    "full_schema",
    "held_marts",
    "held_versions",
    "list_contents",
    "open_storage",
    "pinned_files",
    "pinned_versions",
    "read_commits",
    "read_content",
    "stamp_sql",
]
