"""What is on disk: raw tables, published snapshots, and the promises about both."""

from buck.lake.backing_up import BackupPlace
from buck.lake.compacting import Merge, merge_files, plan_merge
from buck.lake.comparing import ComparingLanding
from buck.lake.content import read_content
from buck.lake.contents import list_contents, read_commits
from buck.lake.foreign import ForeignSource, ForeignTable, Tool
from buck.lake.lake import Lake, RawFormat, RawPin
from buck.lake.landing import Landing, full_schema
from buck.lake.migrating import Migration, migrate
from buck.lake.needs import Pins, Place, add_pins, list_places, snapshot_pins
from buck.lake.publishing import Origin, Publisher
from buck.lake.raw_files import files_between, files_of
from buck.lake.restoring import put_back
from buck.lake.retention import pinned_files, pinned_versions
from buck.lake.row_quarantine import held_marts, held_versions
from buck.lake.served_file import stamp_sql
from buck.lake.snapshots import SnapshotStore
from buck.lake.storage import Storage, open_storage
from buck.lake.usage import use_of_ledger, use_of_logs, use_of_marts
from buck.lake.vacuuming import find_removable, find_removable_marts
from buck.lake.verifying import Verifier

__all__ = [
    "BackupPlace",
    "ComparingLanding",
    "ForeignSource",
    "ForeignTable",
    "Lake",
    "Landing",
    "Merge",
    "Migration",
    "Origin",
    "Pins",
    "Place",
    "Publisher",
    "RawFormat",
    "RawPin",
    "SnapshotStore",
    "Storage",
    "Tool",
    "Verifier",
    "add_pins",
    "files_between",
    "files_of",
    "find_removable",
    "find_removable_marts",
    "full_schema",
    "held_marts",
    "held_versions",
    "list_contents",
    "list_places",
    "merge_files",
    "migrate",
    "open_storage",
    "pinned_files",
    "pinned_versions",
    "plan_merge",
    "put_back",
    "read_commits",
    "read_content",
    "snapshot_pins",
    "stamp_sql",
    "use_of_ledger",
    "use_of_logs",
    "use_of_marts",
]
