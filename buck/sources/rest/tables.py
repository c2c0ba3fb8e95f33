"""How an endpoint of a JSON API is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from buck.errors import ConfigError, SourceChanged
from buck.records.table import Column, ColumnType, TableSpec

Format = Literal["timestamp", "date", "unix", "integer"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Since:
    """How an endpoint is asked for what is new: by a column that grows, through a parameter."""

    column: str
    param: str
    format: Format = "timestamp"

    @property
    def mark(self) -> str:
        """The name of the mark in the lake."""
        return "id_until" if self.format == "integer" else "cursor_until"

    def place(self, record: Mapping[str, Any]) -> int | None:
        """Where a record stands, as a mark: microseconds since 1970, or its growing number.

        Raises:
            SourceChanged: the column holds something else.
        """
        value = record.get(self.column)
        if value is None:
            return None
        try:
            if self.format == "integer":
                return int(value)
            return (self.moment(value) - EPOCH) // _US
        except (ValueError, TypeError, OverflowError) as exc:
            raise SourceChanged(
                f"{self.column} holds {str(value)[:60]!r}, which is no {self.format}",
                hint=f"since({self.column!r}, format=…) takes timestamp, date, unix or integer",
            ) from exc

    def moment(self, value: Any) -> datetime:
        """The value as a time."""
        if self.format == "unix":
            return datetime.fromtimestamp(float(value), tz=UTC)
        at = datetime.fromisoformat(str(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

    def written(self, mark: int) -> str | int:
        """A mark as the parameter's value; never later than the mark."""
        if self.format == "integer":
            return mark
        at = EPOCH + mark * _US
        if self.format == "unix":
            return int(at.timestamp() // 1)
        text = at.date().isoformat() if self.format == "date" else at.isoformat()
        return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class RestTable:
    """One endpoint and the raw table its records become."""

    spec: TableSpec
    path: str
    since: Since | None = None
    is_complete: bool = False
    """Every load lists everything, so that what is missing was deleted."""
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    """More of dlt's endpoint configuration: `params`, `data_selector`, `paginator`, `method` …"""
    include_from_parent: tuple[str, ...] = ()


def since(column: str, *, param: str, format: Format = "timestamp") -> Since:
    """Ask only for records whose `column` is at least the last one seen.

    Args:
        column: The record's column that grows with every change.
        param: The query parameter that takes the lower bound.
        format: How both are written: ISO `timestamp` or `date`, `unix` seconds, or a growing
            `integer`.
    """
    return Since(column, param, format)


def table(
    name: str,
    *,
    source: str,
    path: str | None = None,
    key: Sequence[str] = ("id",),
    columns: Mapping[str, ColumnType] | None = None,
    since: Since | None = None,
    complete: bool = False,
    personal: Sequence[str] = (),
    subject: str | None = None,
    params: Mapping[str, Any] | None = None,
    data_selector: str | None = None,
    paginator: Any = None,
    include_from_parent: Sequence[str] = (),
    **endpoint: Any,
) -> RestTable:
    """Declare one endpoint.

    Args:
        name: The raw table's name, after `raw_<source>_`.
        source: The source's name in the lake.
        path: The endpoint, after the base address; the name if not given. A path such as
            `tickets/{resources.tickets.id}/comments` asks once for every ticket.
        key: The columns that name a record.
        columns: Types of columns; a column that is not named arrives as text, nested values as
            JSON text. Names are snake_case here, whatever the API writes.
        since: What to ask for after the first load; everything, every time, if not given.
        complete: Whether the endpoint lists every record each time, so that a record that is no
            longer listed was deleted. Not together with `since`.
        personal: Columns holding personal data.
        subject: The column that names the person a record is about.
        params: Fixed query parameters.
        data_selector: Where the records are in the answer, as a JSON path.
        paginator: dlt's paginator for this endpoint, by name or as an object.
        include_from_parent: Fields of the parent to keep, as `_<parent>_<field>`.
        endpoint: Anything else of dlt's endpoint configuration.

    Raises:
        ConfigError: `complete` and `since` contradict each other.
    """
    if complete and since is not None:
        raise ConfigError(
            f"{source}.{name} is declared complete and read since {since.column}",
            hint="keep one of the two: a partial list cannot tell what was deleted",
        )
    types = dict(columns or {})
    for column in (*key, *personal):
        types.setdefault(column, "text")
    spec = TableSpec(
        source,
        name,
        tuple(key),
        tuple(Column(n, t, personal=n in personal) for n, t in types.items()),
        cursor=since.column if since else None,
        subject=subject,
    )
    given = {"params": params, "data_selector": data_selector, "paginator": paginator}
    return RestTable(
        spec,
        path or name,
        since,
        complete,
        {**endpoint, **{n: v for n, v in given.items() if v is not None}},
        tuple(include_from_parent),
    )
