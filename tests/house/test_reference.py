"""The reference and the code say the same."""

from __future__ import annotations

import importlib.util
import re
from functools import cache

import pytest

from tests.house.checkout import ROOT

INTERRUPTED = 130
REFERENCE = ROOT / "docs" / "reference"


@cache
def load_generator():
    """docs/generate.py, which is a script and not part of a package."""
    spec = importlib.util.spec_from_file_location("buck_docs", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def generator():
    return load_generator()


def test_generated_pages_are_up_to_date(generator):
    for name, text in generator.generate().items():
        assert (REFERENCE / name).read_text() == text, f"run `just docs` to write {name} anew"


def test_every_command_is_described_and_says_what_it_does(generator):
    page = (REFERENCE / "cli.md").read_text()
    commands = dict(generator.read_commands())
    assert len(commands) > 15
    for path, text in commands.items():
        assert f" {' '.join(('buck', *path))}\n" in page
        assert re.search(r"^  [A-Z].+\.", text, re.MULTILINE), path


def test_every_setting_is_described(generator):
    page = (REFERENCE / "configuration.md").read_text()

    def sections(model, path):
        yield path, model
        for name, field in model.model_fields.items():
            below, _ = generator.nested_model(field.annotation)
            if below is not None and below.model_fields:
                yield from sections(below, (*path, field.alias or name))

    from buck.project.settings import Settings

    for path, model in sections(Settings, ()):
        assert (model.__doc__ or "").strip(), path
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}` |" in page, (*path, name)


def test_every_exit_code_has_a_runbook(generator):
    from buck import errors

    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BuckError)
    }
    for code in codes | {generator.BUG, INTERRUPTED}:
        text = (ROOT / "docs" / "runbooks" / f"exit-{code}.md").read_text()
        for heading in ("## What it means", "## What is safe", "## What to do"):
            assert heading in text, (code, heading)


def test_explain_says_of_exit_codes_what_the_runbooks_say(generator):
    from buck import errors
    from buck.flow.explain.failure import MEANINGS

    kinds = [k for k in vars(errors).values() if isinstance(k, type)]
    codes = {k.exit_code for k in kinds if issubclass(k, errors.BuckError)}
    assert set(MEANINGS) == {0, generator.BUG, INTERRUPTED} | codes
    for code, (means, safe, _) in MEANINGS.items():
        if code:
            page = (ROOT / "docs" / "runbooks" / f"exit-{code}.md").read_text()
            assert " ".join(means.split()) in " ".join(page.split()), code
            assert " ".join(safe.split()) in " ".join(page.split()), code


def test_every_knob_of_the_sandbox_is_described():
    from buck.sandbox.http.faults import _CONDITIONS, GENERAL_KNOBS
    from buck.sandbox.salesforce.org import KNOBS as SALESFORCE
    from buck.sandbox.stripe.server import KNOBS as STRIPE

    page = (REFERENCE / "sandbox-faults.md").read_text()
    for name in GENERAL_KNOBS | _CONDITIONS | SALESFORCE | STRIPE | {"closed"}:
        assert f"`{name}`" in page, name


def test_links_between_pages_lead_somewhere():
    link = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in link.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_page_is_in_the_table_of_contents():
    contents = (ROOT / "mkdocs.yml").read_text()
    pages = [str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page not in contents] == []
