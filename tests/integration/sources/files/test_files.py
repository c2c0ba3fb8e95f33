"""Files in a folder or a bucket land strictly, once, and again when they change."""

from __future__ import annotations

import gzip
import itertools
import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from buck.engine import connect
from buck.errors import ConfigError, SourceChanged, SourceDenied, SourceUnreachable
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines.module import load_module
from buck.pipelines.run import run_source
from buck.records.load import LoadReport

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
FILE = """
import dlt
from buck.sources import files

TABLES = ({table},)


@dlt.source(name="office", section="office")
def source(address: str = dlt.config.value, storage: dict = None):
    return files.resources(address, tables=TABLES, storage=storage)
"""
PLACED = "files.table('rates', source='office', path='rates/*.csv')"
KEYED = """files.table('rates', source='office', path='rates/*.csv', key=('day', 'currency'),
    columns={'day': 'date', 'rate': 'decimal'}, complete=True)"""


class Office:
    """A folder that others write into, and a lake beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.inbox = folder, folder / "inbox"
        self.inbox.mkdir()
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self._loads = itertools.count(1)

    def declare(self, table: str) -> None:
        (self.folder / "pipelines").mkdir(exist_ok=True)
        (self.folder / "pipelines" / "office_pipeline.py").write_text(FILE.format(table=table))

    def write(self, name: str, content: str | bytes, *, age_s: float = 0) -> Path:
        file = self.inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        if age_s:
            os.utime(file, (time.time() - age_s, time.time() - age_s))
        return file

    def land(self, **options: Any) -> LoadReport:
        load_id = f"load{next(self._loads)}"
        landing = self.lake.landing("office", load_id, facts={})
        try:
            return run_source(
                load_module(self.folder / "pipelines", "office"),
                landing,
                load_id=load_id,
                as_of=AS_OF,
                options={"address": str(self.inbox)} | options,
                merge_schema=full_schema,
            )
        finally:
            landing.close()

    def raw(self, columns: str, order: str = "_buck_seq") -> list[tuple[Any, ...]]:
        state = (log := self.lake.raw("office", "rates")).state()
        con = connect(work=self.lake.work)
        try:
            sql = f"select {columns} from ({log.scan_sql(state)}) order by {order}"
            return con.execute(sql).fetchall()
        finally:
            con.close()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_csv_stays_as_it_is_written(office: Office) -> None:
    office.declare(PLACED)
    text = '\ufeffDay,Currency,Rate,"Said; so"\n2026-01-01,NA,0.9,"two\nlines, ü 🎉"\n,null,,\n'
    office.write("rates/jan.csv", text)
    office.land()
    assert office.raw("day, currency, rate, said_so, _file, _line") == [
        ("2026-01-01", "NA", "0.9", "two\nlines, ü 🎉", "rates/jan.csv", 1),
        (None, "null", None, None, "rates/jan.csv", 2),
    ]


def test_only_new_and_changed_files_are_read_and_known_rows_left_out(office: Office) -> None:
    office.declare(PLACED)
    first = office.write("rates/jan.csv", "day,rate\n1,1.0\n2,2.0\n", age_s=0)
    assert office.land().rows_landed == 2
    assert office.land().rows_landed == 0
    office.write("rates/feb.csv", "day,rate\n3,3.0\n")
    first.write_text("day,rate\n1,1.0\n2,2.5\n")
    report = office.land()
    assert report.rows_landed == 2
    assert sorted(office.raw("_file, _line, rate")) == [
        ("rates/feb.csv", 1, "3.0"),
        ("rates/jan.csv", 1, "1.0"),
        ("rates/jan.csv", 2, "2.0"),
        ("rates/jan.csv", 2, "2.5"),
    ]


def test_an_old_file_moved_in_later_is_seen(office: Office) -> None:
    office.declare(PLACED)
    office.write("rates/feb.csv", "day,rate\n3,3.0\n")
    office.land()
    old = office.write("elsewhere/jan.csv", "day,rate\n1,1.0\n", age_s=40 * 86_400)
    old.rename(office.inbox / "rates" / "jan.csv")
    assert office.land().rows_landed == 1


def test_records_with_a_key_are_typed_followed_and_deleted(office: Office) -> None:
    office.declare(KEYED)
    office.write("rates/a.csv", "day,currency,rate\n2026-01-01,USD,1.1\n2026-01-01,JPY,150\n")
    office.land()
    office.write("rates/a.csv", "day,currency,rate\n2026-01-01,USD,1.25\n")
    office.land()
    assert office.raw("day, currency, rate, _buck_op") == [
        (date(2026, 1, 1), "USD", Decimal("1.1"), "r"),
        (date(2026, 1, 1), "JPY", Decimal(150), "r"),
        (date(2026, 1, 1), "USD", Decimal("1.25"), "r"),
        (date(2026, 1, 1), "JPY", None, "d"),
    ]
    assert office.land().rows_landed == 0


@pytest.mark.parametrize(
    "content",
    ['{"a": 1, "tags": ["x"]}\n\n{"a": null, "b": "ü"}\n', '[{"a": 1, "tags": ["x"]}, {"b": "ü"}]'],
    ids=["lines", "array"],
)
def test_json_lines_and_arrays(office: Office, content: str) -> None:
    office.declare(PLACED.replace(".csv", ".json.gz"))
    office.write("rates/one.json.gz", gzip.compress(content.encode()))
    office.land()
    assert office.raw("a, b, tags, _line") == [("1", None, '["x"]', 1), (None, "ü", None, 2)]


def test_parquet_keeps_its_types(office: Office) -> None:
    office.declare(PLACED.replace(".csv", ".parquet"))
    table = pa.table(
        {
            "Amount": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "on": pa.array([date(2026, 1, 1), None]),
            "at": pa.array([1_767_268_800_000_000, None], pa.timestamp("us")),
            "tags": pa.array([["a"], None]),
            "n": pa.array([1, None], pa.int32()),
        }
    )
    (office.inbox / "rates").mkdir()
    pq.write_table(table, office.inbox / "rates" / "x.parquet")
    office.land()
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert office.raw('amount, "on", "at", tags, n') == [
        (Decimal("1.50"), date(2026, 1, 1), at, '["a"]', 1),
        (None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "a,b\n1\n", r"rates/a\.csv line 2 has 1 values, its header 2"),
        ("a.csv", 'a,b\n1,"half', r"rates/a\.csv line 2 is no CSV"),
        ("a.csv", b"a,b\n1,\xff\n", r"rates/a\.csv is not UTF-8: byte 0xff"),
        ("a.json", '{"a": 1}\n{"a": ', r"rates/a\.json line 2 is no JSON"),
        ("a.json", "[1, 2]", r"rates/a\.json line 1 holds '1', not an object"),
        ("a.parquet", b"PAR1 half", r"rates/a\.parquet is no Parquet file"),
    ],
)
def test_a_broken_file_is_named_and_nothing_of_the_load_lands(
    office: Office, name: str, content: str | bytes, said: str
) -> None:
    office.declare(PLACED.replace("*.csv", f"*.{name.split('.')[1]}"))
    office.write(f"rates/{name}", content)
    with pytest.raises(SourceChanged, match=said):
        office.land()
    assert not (office.folder / "lake" / "raw").exists()


def test_an_unknown_ending_needs_a_format(office: Office) -> None:
    office.declare(PLACED.replace(".csv", ".dat"))
    with pytest.raises(ConfigError, match="cannot be told from 'rates/"):
        office.land()


def test_a_missing_folder_is_named(office: Office) -> None:
    office.declare(PLACED)
    with pytest.raises(SourceUnreachable, match=r"there is no .*nowhere"):
        office.land(address=str(office.folder / "nowhere"))


def test_a_bucket_is_a_folder_too(office: Office, bucket: Any, s3_put: Callable[..., None]) -> None:
    office.declare(PLACED)
    keys = {"key": bucket.access.key_id, "secret": bucket.access.secret}
    storage = keys | {"endpoint_url": bucket.access.endpoint}
    s3_put(bucket, "drop/rates/jan.csv", b"day,rate\n1,1.0\n")
    where = {"address": f"{bucket.root}/drop", "storage": storage}
    assert office.land(**where).rows_landed == 1
    s3_put(bucket, "drop/rates/feb.csv", b"day,rate\n2,2.0\n")
    assert office.land(**where).rows_landed == 1
    assert office.raw("_file, rate") == [("rates/jan.csv", "1.0"), ("rates/feb.csv", "2.0")]
    with pytest.raises((SourceDenied, SourceUnreachable)):
        office.land(**where | {"address": "s3://no-such-bucket-of-ours/x"})


@pytest.fixture
def s3_put() -> Callable[..., None]:
    def put(bucket: Any, name: str, content: bytes) -> None:
        import httpx

        address = f"{bucket.access.endpoint}/{bucket.root.removeprefix('s3://')}/{name}"
        httpx.put(address, content=content, trust_env=False).raise_for_status()

    return put
