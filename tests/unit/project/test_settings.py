"""`.buck.yml`, environments, variables: what is obeyed, and what is refused with its cure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from buck.errors import ConfigError
from buck.project import Project, duration_s, open_project
from buck.project.variables import read_variables

Opener = Callable[..., Project]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("verison: 1", "verison is not a key", "did you mean version?"),
        ("version: 2", "version", ""),
        ("lake:\n  rot: x", "lake.rot is not a key", "did you mean root?"),
        ("sources:\n  s:\n    shema: x", "sources.s.shema is not a key", "did you mean schema?"),
        ("sources:\n  s:\n    connector: stitch", "got 'stitch'", ""),
        ("performance:\n  threads: 0", "performance.threads", ""),
        (
            "performance:\n  incremental:\n    lookback_day: 1",
            "lookback_day is not a key",
            "did you mean lookback_days?",
        ),
        (
            "orchestration:\n  schedules:\n    p:\n      cronn: x",
            "schedules.p.cronn is not a key",
            "did you mean cron?",
        ),
        ("data_quality:\n  freshness:\n    default_threshold: soon", "got 'soon'", ""),
        (
            "data_quality:\n  freshness:\n    default_threshold: soon",
            "default_threshold: a duration is a number and a unit",
            "",
        ),
        ("lake: 7", "lake: ", ""),
        ("[1, 2]", "not a mapping of sections", "version: 1"),
        ("a: [", "not readable YAML", ""),
        ("lake:\n  root: a\nlake:\n  root: b", "the key lake is written twice, line 3", ""),
        ("environments: [dev]", "environments is not a mapping", ""),
        ("environments:\n  prod: s3", "environments is not a mapping", ""),
        ("lake:\n  rooot: x\nenvironments:\n  ci: {}", ".buck.yml: lake.rooot is not", "root?"),
        (
            "environments:\n  prod:\n    lake:\n      rooot: x",
            "(environment prod): lake.rooot is not a key",
            "did you mean root?",
        ),
    ],
)
def test_slip_is_refused_with_the_nearest_spelling(
    project_of: Opener, text: str, said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        project_of(text)
    assert said in refused.value.what
    assert hint in refused.value.hint
    assert refused.value.exit_code == 2


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".buck.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        open_project(tmp_path)


def test_empty_file_is_a_project_of_defaults(project_of: Opener) -> None:
    project = project_of("")
    assert project.lake_root == str(project.root / "lake")
    assert list(project.pipelines) == ["all"]


def test_folder_below_finds_the_project_and_a_stranger_is_told(
    write: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write("version: 1")
    (root / "a" / "b").mkdir(parents=True)
    assert open_project(root / "a" / "b").root == root
    with pytest.raises(ConfigError, match=r"no \.buck\.yml") as refused:
        open_project(tmp_path_factory.mktemp("elsewhere"))
    assert "--project" in refused.value.hint


OVERLAID = """
lake:
  root: ./lake
  region: eu-west-1
environments:
  dev:
  ci: {}
  prod:
    lake:
      root: "s3://bucket/{{ TEAM | default('core') }}"
"""


def test_environment_changes_only_what_it_names(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project_of(OVERLAID).s3 is None
    prod = project_of(OVERLAID, environment="prod")
    assert prod.lake_root == "s3://bucket/core"
    assert prod.s3 is not None
    assert prod.s3.region == "eu-west-1"
    monkeypatch.setenv("BUCK_ENV", "ci")
    assert project_of(OVERLAID).environment == "ci"
    with pytest.raises(ConfigError, match="no environment 'prd'") as refused:
        project_of(OVERLAID, environment="prd")
    assert refused.value.hint == "did you mean prod?"


def test_variable_overrides_a_key_and_its_origin_is_known(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCK__LAKE__ROOT", "./elsewhere")
    monkeypatch.setenv("BUCK__PERFORMANCE__THREADS", "3")
    monkeypatch.setenv("BUCK__DATA_QUALITY__DEFAULT_CHECKS", "[unique]")
    project = project_of(OVERLAID)
    assert project.lake_root == str(project.root / "elsewhere")
    assert project.settings.performance.threads == 3
    assert project.settings.data_quality.default_checks == ["unique"]
    assert project.origins["lake.root"] == "variable BUCK__LAKE__ROOT"
    assert project.origins["lake.region"] == ".buck.yml"
    monkeypatch.setenv("BUCK__LAKE__ROOOT", "x")
    with pytest.raises(ConfigError, match=r"lake\.rooot is not a key"):
        project_of(OVERLAID)


@pytest.mark.parametrize("value", ["0123", "true", "a: b: c", "@at", "{{", "- x", "null", ""])
def test_text_in_a_variable_stays_the_text_it_is(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BUCK__LAKE__SECRET", value)
    assert project_of("version: 1").settings.lake.secret == value


def test_unreadable_variable_is_named_and_not_shown(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCK__PERFORMANCE__THREADS", "{canary: [")
    with pytest.raises(ConfigError, match="BUCK__PERFORMANCE__THREADS") as refused:
        project_of("version: 1")
    assert "canary" not in str(refused.value)


REFERRING = """
sources:
  app:
    options:
      url: "{{ URL }}"
      schema: "{{ SCHEMA | default('public') }}"
      pair: ["{{ URL }}-{{SCHEMA|default(\\"p\\")}}", 7]
"""


def test_references_are_looked_up_when_used(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"sources\.app\.options\.url needs the variable URL"):
        project_of(REFERRING).source_options("app")
    monkeypatch.setenv("URL", "u")
    options = project_of(REFERRING).source_options("app")
    assert options == {"url": "u", "schema": "public", "pair": ["u-p", 7]}


@pytest.mark.parametrize("text", ["{{ A.B }}", "{{ A", "A }}", "{{ A | upper }}", "{{ A-B }}"])
def test_reference_that_cannot_be_read_is_refused(project_of: Opener, text: str) -> None:
    with pytest.raises(ConfigError, match=r"sources\.app\.options\.v holds a reference"):
        project_of(f"sources:\n  app:\n    options:\n      v: '{text}'").source_options("app")


def test_a_line_of_env_that_cannot_be_read_is_told_by_its_number_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("URL=file\nSTRIPE_API_KEY sk_live_1\n")
    with pytest.raises(ConfigError, match=r"\.env: line 2") as refused:
        read_variables(tmp_path, None)
    assert "sk_live" not in f"{refused.value.what} {refused.value.hint}"


def test_env_file_is_under_the_environment_and_over_the_sandbox(
    project_of: Opener, write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(REFERRING)
    offered = root / "lake" / ".buck" / "sandbox" / "environment.json"
    offered.parent.mkdir(parents=True)
    offered.write_text('{"URL": "sandbox"}')
    assert project_of(REFERRING).source_options("app")["url"] == "sandbox"
    assert project_of(REFERRING).uses_sandbox
    (root / ".env").write_text("URL=file\n# comment\nSCHEMA='my schema'\n")
    project = project_of(REFERRING)
    assert (project.source_options("app")["url"], project.uses_sandbox) == ("file", False)
    assert project.source_options("app")["schema"] == "my schema"
    monkeypatch.setenv("URL", "shell")
    assert project_of(REFERRING).source_options("app")["url"] == "shell"
    assert project_of(REFERRING, prefer_sandbox=True).source_options("app")["url"] == "sandbox"


def test_all_variables_that_are_missing_are_named_at_once(project_of: Opener) -> None:
    for names, ends in (
        (("DESK_URL", "DESK_TOKEN"), "or write it into .env"),
        (("STRIPE_API_KEY", "STRIPE_API_BASE"), "gives a simulated company's"),
    ):
        options = "".join(f"      {n.lower()}: '{{{{ {n} }}}}'\n" for n in names)
        text = f"sources:\n  desk:\n    type: api\n    connector: dlt\n    options:\n{options}"
        with pytest.raises(ConfigError) as refused:
            project_of(text).source_options("desk")
        first, second = names
        assert f"needs the variable {first}, which is not set, nor {second}" in refused.value.what
        assert f"export {first}=… {second}=…" in refused.value.hint
        assert refused.value.hint.endswith(ends), "the sandbox knows only its own systems"


def test_production_never_takes_the_sandboxs_credentials(
    project_of: Opener, write: Callable[[str], Path]
) -> None:
    text = REFERRING + "environments:\n  prod: {}\n"
    offered = write(text) / "lake" / ".buck" / "sandbox" / "environment.json"
    offered.parent.mkdir(parents=True)
    offered.write_text('{"URL": "sandbox"}')
    project = project_of(text, environment="prod")
    assert not project.uses_sandbox
    with pytest.raises(ConfigError, match="needs the variable URL"):
        project.source_options("app")


def test_time_of_a_run_is_given_set_or_now(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=2)))
    assert project_of().as_of(given) == given
    before = datetime.now(UTC)
    assert before <= project_of().as_of() <= datetime.now(UTC)
    for text in ("2026-01-31T00:00:00+00:00", "2026-01-31", "2026-01-31T00:00:00Z"):
        monkeypatch.setenv("BUCK_AS_OF", text)
        assert project_of().as_of() == datetime(2026, 1, 31, tzinfo=UTC)
    monkeypatch.setenv("BUCK_AS_OF", "yesterday")
    with pytest.raises(ConfigError, match="BUCK_AS_OF is 'yesterday'"):
        project_of().as_of()


def test_pipelines_come_from_schedules_and_definitions(project_of: Opener) -> None:
    project = project_of(
        "sources: {app: {}, stripe: {}}\n"
        "pipelines: {sales: {sources: [app], select: +sales}}\n"
        "orchestration: {schedules: {app_pipeline: {cron: '0 * * * *'}, nightly: {cron: x}, "
        "sales: {cron: y}}}"
    )
    assert set(project.pipelines) == {"all", "app_pipeline", "nightly", "sales"}
    assert project.pipelines["app_pipeline"].sources == ["app"]
    assert project.pipelines["sales"].select == "+sales"
    with pytest.raises(ConfigError, match="no source 'apps'"):
        project.source("apps")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86400)]
)
def test_durations_are_seconds(text: str, seconds: int) -> None:
    assert duration_s(text) == seconds


def test_project_cannot_be_changed(project_of: Opener) -> None:
    project: Any = project_of()
    with pytest.raises(AttributeError):
        project.environment = "prod"
    with pytest.raises(ValueError, match="frozen"):
        project.settings.lake.root = "x"


def test_pipelines_that_wait_for_each_other_or_for_nobody_are_refused(project_of: Opener) -> None:
    project = project_of(
        "pipelines: {a: {depends_on: [b]}, b: {depends_on: [c]}, c: {depends_on: [a]}, "
        "d: {depends_on: [e]}, ok: {depends_on: [all]}}"
    )
    with pytest.raises(ConfigError, match="a → b → c → a"):
        project.pipeline("a")
    with pytest.raises(ConfigError, match=r"pipelines.d.depends_on names 'e'"):
        project.pipeline("d")
    assert project.pipeline("ok")[1].depends_on == ["all"]
