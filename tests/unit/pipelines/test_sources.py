"""The user's files in pipelines/: found, run through dlt, and held to the load's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from buck.errors import BuckError, ConfigError, LakeError, SourceError, SourceUnreachable
from buck.lake.lake import Lake
from buck.pipelines import find_modules, load_module

GOOD = """
@dlt.source(name="shop", section="shop")
def source(name: str = dlt.secrets.value):
    return reading(current_load(), [{"id": 1, "name": name}, {"id": 2, "name": name}])
"""

Run = Callable[..., Any]


def test_source_lands_with_its_settings(run: Run) -> None:
    report = run(GOOD, name="a")
    assert (report.rows_landed, report.tables[0].marks_to) == (2, {"step": 1})
    assert run(GOOD, name="a").rows_landed == 0
    assert run(GOOD, name="b").rows_landed == 2


def test_dlt_is_not_asked_to_track_a_run(run: Run) -> None:
    from dlt.common.runtime import anon_tracker

    asked = []
    real = anon_tracker.get_anonymous_id
    anon_tracker.get_anonymous_id = lambda: asked.append(1) or real()
    try:
        assert run(GOOD, name="a").rows_landed == 2
    finally:
        anon_tracker.get_anonymous_id = real
    assert asked == []


def test_a_secret_is_in_no_file_of_a_load_that_is_killed(run: Run, tmp_path: Path) -> None:
    """Whatever a load has written when it commits is what a kill leaves lying there."""
    body = """
@dlt.source(name="shop", section="shop")
def source(client_id: str = dlt.secrets.value, client_secret: str | None = None):
    assert client_secret
    return reading(current_load(), [{"id": 1, "name": client_id}])
"""
    files: list[Path] = []

    @contextmanager
    def when_read() -> Iterator[None]:
        files.extend(p for p in (tmp_path / "work").rglob("*") if p.is_file())
        assert [p for p in files if b"sesame-opens" in p.read_bytes()] == []
        yield

    report = run(body, turn=when_read, client_id="a", client_secret="sesame-opens")
    assert report.rows_landed == 1
    assert files


def test_missing_setting_is_named_with_where_to_set_it(run: Run) -> None:
    with pytest.raises(ConfigError, match="misses a setting: name") as missing:
        run(GOOD)
    assert "sources.shop.options" in missing.value.hint


def test_settings_of_one_load_are_not_those_of_the_next(run: Run) -> None:
    run(GOOD, name="a")
    with pytest.raises(ConfigError, match="misses a setting"):
        run(GOOD)


RAISING = """
def source():
    def read():
        yield current.table(SPEC).arrow([{{"id": 1}}])
        raise {error}
    current = current_load()
    return dlt.resource(read, name="items", write_disposition="append")
"""


@pytest.mark.parametrize(
    ("error", "type_", "said"),
    [
        ("KeyError('oops')", SourceError, "KeyError: 'oops'"),
        ("ValueError()", SourceError, "shop failed: ValueError"),
        ("SystemExit(3)", SourceError, "shop failed: it called sys.exit(3)"),
        ("OSError(28, 'No space left on device')", LakeError, "disk is full"),
        (
            "__import__('buck.errors').errors.SourceUnreachable('gone')",
            SourceUnreachable,
            "gone",
        ),
        (
            "RuntimeError('login with canary-1 at postgresql://u:ca%40nary@h/d')",
            SourceError,
            "login with …",
        ),
        ("RuntimeError('bad password ca@nary')", SourceError, "bad password …"),
    ],
)
def test_what_a_source_raises_is_said_in_bucks_words(
    run: Run, error: str, type_: type[BuckError], said: str
) -> None:
    options = {"api_key": "canary-1", "url": "postgresql://u:ca%40nary@h/d"}
    with pytest.raises(type_) as failed:
        run(RAISING.format(error=error), **options)
    assert said in failed.value.what
    assert "canary" not in failed.value.what
    assert "nary@" not in failed.value.what


def test_what_a_source_raises_is_said_not_how_it_came_to_that(run: Run) -> None:
    text = RAISING.replace("raise {error}", "next(iter(()), None)\n        {body}")
    body = """try:
            next(iter(()))
        except StopIteration:
            raise ValueError('no such item')"""
    with pytest.raises(SourceError, match="failed: ValueError: no such item"):
        run(text.format(body=body))


@pytest.mark.parametrize("error", ["KeyError('x')", "RuntimeError('x')", "ValueError()"])
def test_what_building_a_source_raises_is_said_too(run: Run, error: str) -> None:
    with pytest.raises(SourceError, match="the source shop failed"):
        run(f"def source():\n    raise {error}\n")


def test_failed_source_lands_nothing_of_its_open_table(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        run(RAISING.format(error="KeyError('oops')"))
    assert not Lake(str(tmp_path / "lake"), tmp_path / "work").raw("shop", "items").state().exists


def test_rows_of_a_table_that_is_no_raw_table_are_refused(run: Run) -> None:
    body = (
        "def source():\n"
        "    return dlt.resource([{'a': 1}], name='strays', write_disposition='append')\n"
    )
    with pytest.raises(ConfigError, match="gives rows of strays") as refused:
        run(body)
    assert "current_load" in refused.value.hint


def test_skipped_table_makes_a_degraded_report(run: Run) -> None:
    report = run(
        "def source():\n"
        "    load = current_load()\n"
        "    load.skip(SPEC, 'no right to read it')\n"
        "    return reading(load, [{'id': 1}])\n"
    )
    assert report.skipped == {"items": "no right to read it"}
    assert report.tables == ()


def test_files_are_found_by_their_names(tmp_path: Path) -> None:
    for name in ("b_pipeline.py", "a_pipeline.py", "helper.py", "c_pipeline.txt"):
        (tmp_path / name).write_text("")
    assert list(find_modules(tmp_path)) == ["a", "b"]


def test_declared_tables_are_known_without_a_load(tmp_path: Path) -> None:
    (tmp_path / "shop_pipeline.py").write_text(
        "from buck.records.table import TableSpec\n"
        "TABLES = (TableSpec('shop', 'items', ('id',), ()), 'not a spec')\n"
        "def source(): ...\n"
    )
    assert [t.name for t in load_module(tmp_path, "shop").tables] == ["items"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def source(:", "cannot be imported"),
        ("import no_such_module", "no_such_module"),
        ("1 / 0", "cannot be imported"),
        ("{}['x']", "cannot be imported"),
        ("open('/no/such/file')", "cannot be imported"),
        ("x = 1", "defines no function source()"),
        ("source = 7", "defines no function source()"),
    ],
)
def test_file_that_is_no_source_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "shop_pipeline.py").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_module(tmp_path, "shop")
    assert said in refused.value.what
    assert refused.value.hint


def test_unknown_source_has_a_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "stripe_pipeline.py").write_text("")
    with pytest.raises(ConfigError, match="no source 'strpe'") as refused:
        load_module(tmp_path, "strpe")
    assert refused.value.hint == "did you mean stripe?"


def test_source_built_outside_a_load_says_how_to_run_it() -> None:
    from buck.sources.load import current_load

    with pytest.raises(ConfigError, match="outside a load"):
        current_load()


def test_a_variable_named_like_a_setting_does_not_replace_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ID", "another program's")
    body = """
@dlt.source(name="shop", section="shop")
def source(client_id: str = dlt.secrets.value):
    assert client_id == "ours", client_id
    return [reading(current_load(), [{"id": 1, "name": client_id}])]
"""
    assert run(body, client_id="ours").rows_landed == 1
