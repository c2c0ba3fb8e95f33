"""A secret is looked up where it is used and shown nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buck.errors import ConfigError
from buck.project import Project

Opener = Callable[..., Project]
CANARY = "canary-4711"

LITERAL = f"""
lake:
  root: s3://bucket
  key_id: {CANARY}-k
  secret: {CANARY}
  session_token: {CANARY}
sources:
  app:
    options:
      url: postgresql://u:{CANARY}@h/d
warehouse:
  snowflake:
    password: {CANARY}
observability:
  opentelemetry:
    url: http://u:{CANARY}@collector/v1/traces
    headers: {{ authorization: {CANARY} }}
environments:
  prod:
    lake:
      secret: {CANARY}
"""


def test_secrets_from_variables_are_in_no_repr(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "BUCK__LAKE__SESSION_TOKEN", "OTHER"):
        monkeypatch.setenv(name, CANARY)
    project = project_of("lake:\n  root: s3://bucket")
    assert project.s3 is not None
    assert (project.s3.secret, project.s3.session_token) == (CANARY, CANARY)
    for shown in (project, project.settings, project.s3, project.origins, project.notices):
        assert CANARY not in repr(shown)
        assert CANARY not in str(shown)


def test_secrets_written_into_the_file_are_in_no_repr(project_of: Opener) -> None:
    project = project_of(LITERAL)
    for shown in (project, project.settings, project.settings.warehouse, project.s3):
        assert CANARY not in repr(shown)
        assert CANARY not in str(shown)


@pytest.mark.parametrize(
    "text",
    [
        f"sources:\n  app:\n    options: postgresql://u:{CANARY}@h/d",
        f"lake:\n  secret: [{CANARY}]",
        f"lake:\n  secret_key: {CANARY}",
        f"lake:\n  secret: {CANARY}\n  root: [",
        f"lake:\n  secret: '{CANARY}",
        f"warehouse:\n  snowflake: {{password: {CANARY}}}\n  type: oracle",
        f"lake:\n  secret: a\n  secret: {CANARY}",
    ],
)
def test_no_error_repeats_a_secret(project_of: Opener, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        project_of(text)
    error: BaseException | None = refused.value
    while error is not None:
        assert CANARY not in f"{error}{error!r}{getattr(error, 'hint', '')}"
        error = error.__cause__ or error.__context__


def test_settings_shown_to_a_person_hide_secrets(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from buck.flow.doctor import explain_settings

    monkeypatch.setenv("BUCK__LAKE__SECRET", CANARY)
    rows = {key: value for key, value, _ in explain_settings(project_of(LITERAL))}
    assert not [key for key, value in rows.items() if CANARY in value]
    assert rows["lake.root"] == "s3://bucket"
    monkeypatch.delenv("BUCK__LAKE__SECRET")
    plain = {key: value for key, value, _ in explain_settings(project_of("version: 1"))}
    assert plain["lake.secret"] == "{{ AWS_SECRET_ACCESS_KEY | default('') }}"


def test_configurations_name_does_not_depend_on_secrets_in_variables(
    project_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "sources:\n  app:\n    options:\n      url: '{{ URL }}'"
    monkeypatch.setenv("URL", "one")
    one = project_of(text).config_hash
    monkeypatch.setenv("URL", "two")
    assert project_of(text).config_hash == one
    assert project_of(text + "\n      schema: x").config_hash != one
