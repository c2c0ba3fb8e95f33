"""`buck ci`: what is wrong with a change is said at its place, and what it does to rows."""

from __future__ import annotations

import subprocess

import pytest

ODD = "transform/models/marts/finance/odd.sql"
CHECKS = "transform/checks/finance/fct_payments.yml"
IMPOSSIBLE = """\
  - row_count > 1000000000:
      name: There are a milliard, or more
      attributes: { dimension: completeness, severity: fail, owner: finance }
  - row_count > 1000000001:
      name: There would better be more
      attributes: { dimension: completeness, severity: warn, owner: finance }
"""


@pytest.fixture
def project(published, copy_of):
    """A published project in a repository of its own."""
    copy = copy_of(published)
    (copy.root / ".gitignore").write_text("lake/\ntransform/target/\ntransform/logs/\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "all")):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
        subprocess.run(git, cwd=copy.root, check=True, capture_output=True)
    return copy


def annotations(done):
    return sorted(line for line in done.out.splitlines() if line.startswith("::"))


def test_what_is_wrong_is_said_where_it_is(project, tmp_path):
    """A check that fails, one that warns, a construct of one engine, and changed rows."""
    (project.root / ODD).write_text(
        "select\n    1 as id,\n    a / b as ratio\nfrom (select 1 as a, 2 as b) as t\n"
    )
    with (project.root / CHECKS).open("a") as checks:
        checks.write(IMPOSSIBLE)
    summary = tmp_path / "summary.md"
    summary.write_text("an earlier step\n")
    on_github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = project.buck("ci", "--base", "HEAD", env=on_github).expect(1)
    said = annotations(done)
    failed = [line for line in said if "There are a milliard" in line]
    assert [line.partition(" ")[0] for line in failed] == ["::error"]
    # A comma in a property would begin the next one.
    assert f"file={CHECKS}," in failed[0]
    assert "title=finance.fct_payments%3A There are a milliard%2C or more::" in failed[0]
    assert next(line for line in said if "There would better be more" in line).startswith(
        f"::warning file={CHECKS},"
    )
    assert next(line for line in said if "not portable" in line).startswith(
        f"::error file={ODD},line=3,title=not portable%3A division::"
    )
    text = summary.read_text()
    assert text.startswith("an earlier step\n")
    assert "There are a milliard, or more" in text
    assert "finance.odd" in text.partition("There are a milliard")[2]


def test_a_broken_model_is_said_at_its_line_and_stops_nothing_from_being_said(project):
    (project.root / ODD).write_text("select\n    1 as id,\n    no_such_column\n")
    done = project.buck("ci", env={"GITHUB_ACTIONS": "true"}).expect(1)
    (line,) = annotations(done)
    assert line.startswith(f"::error file={ODD},line=3,title=model failed::")
    assert "no_such_column" in line
    people = project.buck("ci").expect(1)
    assert people.out.startswith(f"{ODD}:3 error: model failed: ")
    found = project.buck("ci", "--json").expect(1).json
    assert found["exit_code"] == 1
    assert [a["file"] for a in found["annotations"]] == [ODD]


def test_on_the_sandbox_nothing_has_to_be_there_and_nothing_is_left(make_project, tmp_path):
    project = make_project("ci")
    done = project.buck("ci", "--sandbox", "--summary", str(tmp_path / "ci.md")).expect(0)
    assert done.out == ""
    assert "0 errors, 0 warnings" in done.err
    assert project.rows("select count(*) > 0 from finance.fct_payments") == [(True,)]
    assert "passed" in (tmp_path / "ci.md").read_text()
    assert "not running" in project.buck("sandbox", "status").out
