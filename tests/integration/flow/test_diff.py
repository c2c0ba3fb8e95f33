"""`buck diff`: snapshots, candidates and git refs; what it says is what plain DuckDB says."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import duckdb
import pytest

MODEL = "transform/models/marts/core/dim_date.sql"
SIDES = ("left", "right")
FIRST = "cast('2026-01-01' as date)"
ALL = ("--fail-on", "changed", "--fail-on", "removed", "--fail-on", "schema")


def git(project: Any, *words: str) -> None:
    command = [
        "git",
        "-C",
        str(project.root),
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
    ]
    subprocess.run([*command, *words], check=True, capture_output=True)


def table(found: Any, name: str) -> Any:
    (one,) = [t for t in found["tables"] if t["table"] == name]
    return one


def scan(project: Any, number: int, name: str) -> str:
    manifest = json.loads((project.lake / "snapshots" / f"{number:06d}.json").read_text())
    (held,) = [t for t in manifest["tables"] if f"{t['schema']}.{t['name']}" == name]
    return f"read_parquet({[str(project.lake / file) for file in held['files']]!r})"


def test_two_snapshots(published: Any) -> None:
    """Nothing differs from itself; of two days, each row is told that DuckDB finds too."""
    before = published.published_bytes()
    same = published.buck("diff", "published", "2", *ALL, "--output", "json").expect(0).json
    assert same["is_equal"]
    assert {t["table"]: t["left"]["rows"] for t in same["tables"]} == {
        name: published.rows(f"select count(*) from {name}")[0][0] for name in published.content()
    }
    told = published.buck("diff", "000001", "published", "--output", "json", "--limit", "1000")
    found = told.expect(0).json
    assert (found["left"], found["right"]) == ("snapshot 000001", "snapshot 000002 (published)")
    with duckdb.connect() as con:
        for name, key in (
            ("finance.fct_payments", "charge_id"),
            ("core.dim_products", "product_key"),
        ):
            one, other = scan(published, 1, name), scan(published, 2, name)
            compared = table(found, name)
            assert compared["key"] == [key]
            ids = {
                kind: {r["key"][key] for r in compared["samples"] if r["kind"] == kind}
                for kind in ("added", "removed", "changed")
            }
            added = con.execute(
                f"select {key} from {other} b anti join {one} a using ({key})"
            ).fetchall()
            removed = con.execute(
                f"select {key} from {one} a anti join {other} b using ({key})"
            ).fetchall()
            changed = con.execute(
                f"select {key} from (from {other} except from {one}) b "
                f"semi join {one} a using ({key})"
            ).fetchall()
            assert ids == {
                "added": {row[0] for row in added},
                "removed": {row[0] for row in removed},
                "changed": {row[0] for row in changed},
            }
            assert (compared["added"], compared["removed"]) == (len(added), len(removed))
            assert compared["changed"] == len(changed)
    assert "@" not in told.out, "e-mail addresses are masked"
    one = published.buck("diff", "1", "2", "--table", "core.dim_customers", "--fail-on", "changed")
    assert "added" in one.expect(1).out
    assert "failed on: changed" in one.err
    assert published.buck("diff", "1", "2", "--fail-on", "schema").expect(0)
    assert published.published_bytes() == before
    assert not list((published.work / "diff").iterdir())


def test_a_spoilt_source_shows_in_the_candidates(make_project: Any) -> None:
    project = make_project("spoilt")
    try:
        project.buck("sandbox", "up", "--customers", "15", "--days", "30").expect(0)
        fresh = project.buck("diff", "published", "candidates").expect(1)
        assert "nothing is published yet" in fresh.err
        project.buck("run").expect(0)
        project.buck("diff", "published", "candidates", *ALL).expect(0)
        project.buck("sandbox", "spoil", "negative_amounts").expect(0)
        project.buck("run").expect(3)
        done = project.buck("diff", "published", "candidates", "--output", "json", *ALL).expect(1)
        compared = table(done.json, "finance.fct_payments")
        with duckdb.connect() as con:
            con.execute(f"attach '{project.marts}' as marts (read_only)")
            con.execute(f"attach '{project.work / 'build.duckdb'}' as build (read_only)")
            differing = con.execute(
                "select charge_id, old.gross_amount_minor, new.gross_amount_minor "
                "from marts.finance.fct_payments old join build.finance.fct_payments new "
                "using (charge_id) where old.gross_amount_minor <> new.gross_amount_minor "
                "order by charge_id"
            ).fetchall()
        assert compared["changed_columns"]["gross_amount_minor"] == len(differing) > 0
        shown = [
            (s["key"]["charge_id"], *(int(s[side]["gross_amount_minor"]) for side in SIDES))
            for s in compared["samples"]
            if s["kind"] == "changed" and "gross_amount_minor" in s["left"]
        ]
        assert shown == [row for row in differing if row in shown]
        assert shown
    finally:
        project.buck("sandbox", "down")


def test_git_refs_are_built_from_the_pinned_lake(published: Any, copy_of: Any) -> None:
    project = copy_of(published)
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".buck.yml", "pipelines", "transform")
    git(project, "commit", "-qm", "1")
    equal = project.buck("diff", "published", "git:main", "--output", "json", *ALL).expect(0).json
    assert len(equal["tables"]) == len(project.content())

    git(project, "checkout", "-qb", "edited")
    project.edit(MODEL, "select * from final", f"select * from final where date > {FIRST}")
    git(project, "commit", "-qam", "2")
    git(project, "checkout", "-q", "main")
    candidates = (project.work / "build.duckdb").read_bytes()
    found = project.buck("diff", "main", "edited", "--output", "json", "--fail-on", "removed")
    differing = [t for t in found.expect(1).json["tables"] if not t["is_equal"]]
    # What reads the calendar loses its first day too.
    gone = {
        "core.dim_date": f"select count(*) from core.dim_date where date <= {FIRST}",
        "finance.fct_subscriptions_daily": "select count(*) from finance.fct_subscriptions_daily "
        f"where subscription_date <= {FIRST}",
        "sales.fct_pipeline_daily": "select count(*) from sales.fct_pipeline_daily "
        f"where pipeline_date <= {FIRST}",
    }
    expected = {mart: (0, project.rows(sql)[0][0], 0) for mart, sql in gone.items()}
    told = {t["table"]: (t["added"], t["removed"], t["changed"]) for t in differing}
    assert told == expected
    assert all(removed for _, removed, _ in expected.values())
    assert (project.work / "build.duckdb").read_bytes() == candidates
    assert project.leftovers() == []
    assert not list((project.work / "diff").iterdir())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("published", "nowhere"), 2, "'nowhere' is no snapshot, no target of profiles.yml"),
        (("published", "git:"), 2, "'git:' is no snapshot"),
        (("published", "--upload-pack=x"), 2, "No such option"),
        (("published", "git:--all"), 2, "no git ref"),
        (("published", "9"), 2, "snapshot 000009 is not kept"),
        (("published", "redshift"), 2, "marts in redshift cannot be read"),
        (("published", "2", "--table", "finance.nothing"), 2, "neither side has a mart"),
        (("published", "2", "--table", "payments"), 2, "'payments' is not schema.table"),
        (("published", "2", "--output", "pdf"), 2, "'pdf' is not one of"),
        (("published", "2", "--fail-on", "always"), 2, "'always' is not one of"),
        (("published", "2", "--limit", "-1"), 2, "greater than or equal to 0"),
        (("published",), 2, "Missing argument 'B'"),
    ],
)
def test_what_cannot_be_compared_is_said(published: Any, words: Any, code: int, said: str) -> None:
    done = published.buck("diff", *words).expect(code)
    assert said in " ".join(done.err.replace("│", " ").split())
