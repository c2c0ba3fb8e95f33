"""The section `lake` of `.buck.yml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from buck.project.sections import Duration, Section, duration_s


class Retention(Section):
    """How long `buck lake vacuum` leaves files that the newest version no longer reads.

    Rows never go by this: raw tables and marts keep all of theirs.
    """

    raw: Duration = "7d"
    """So long earlier versions of raw tables stay readable after a compaction."""
    quarantine: Duration = "30d"
    """The same for held records."""
    marts: Duration = "1d"
    """How old files of marts that no kept snapshot names must be."""
    tables: dict[str, Duration] = Field(default_factory=dict)
    """By raw table (`stripe.charges`) or mart (`finance.fct_payments`), what differs."""

    def keep_s(self, layer: Literal["raw", "quarantine", "marts"], table: str) -> int:
        """Seconds that one table's files stay."""
        return duration_s(self.tables.get(table) or getattr(self, layer))


class Compaction(Section):
    """When `buck lake compact` merges a raw table's files."""

    min_files: int = Field(default=16, ge=2)
    """From so many small files on it is worthwhile; small: a quarter of `target_mb`, or less."""
    target_mb: int = Field(default=128, ge=1)
    """How big merged files get, in MB."""


class LakeSettings(Section):
    """Where the lake is, and how it is looked after."""

    root: str = "./lake"
    """A folder, or `s3://bucket/prefix`."""
    region: str = "{{ AWS_REGION | default('us-east-1') }}"
    endpoint: str = "{{ AWS_ENDPOINT_URL | default('') }}"
    """An S3 server that is not AWS."""
    keep_snapshots: int = Field(default=30, ge=1)
    """How many published snapshots are kept to go back to; older ones go after a publish."""
    retention: Retention = Retention()
    compaction: Compaction = Compaction()
    key_id: str = Field(default="{{ AWS_ACCESS_KEY_ID | default('') }}", repr=False)
    secret: str = Field(default="{{ AWS_SECRET_ACCESS_KEY | default('') }}", repr=False)
    session_token: str = Field(default="{{ AWS_SESSION_TOKEN | default('') }}", repr=False)
