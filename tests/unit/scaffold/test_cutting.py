"""Cutting entries out of YAML leaves everything else as it was written."""

from __future__ import annotations

from buck.scaffold.subset.cutting import cut

TEXT = """\
version: 1

# What it reads.
sources:
  # Money.
  stripe:
    type: api  # their API

  # People.
  app:
    type: database
    note: |
      several

      lines

pipelines:
  daily: { sources: [app] }

models:
  - name: one
    columns:
      - name: id
        data_tests:
          - unique
          - relationships:
              arguments: { to: ref('two'), field: id }

  # The second.
  - { name: two, description: flow }
"""


def cut_paths(*gone: tuple[str, ...]) -> str:
    return cut(TEXT, lambda path, _: path in gone)


def test_nothing_is_cut_unasked() -> None:
    assert cut_paths() == TEXT


def test_an_entry_goes_with_its_comment_and_its_lines() -> None:
    left = cut_paths(("sources", "app"))
    start, end = TEXT.index("  # People."), TEXT.index("pipelines:")
    assert left == TEXT[:start] + TEXT[end:]


def test_the_first_entry_goes_and_the_next_one_stays_with_its_comment() -> None:
    left = cut_paths(("sources", "stripe"))
    assert "# Money" not in left
    assert "sources:\n\n  # People.\n  app:" in left


def test_a_heading_without_entries_goes_too() -> None:
    left = cut_paths(("pipelines", "daily"))
    assert "pipelines" not in left
    assert "      lines\n\nmodels:" in left


def test_items_of_lists_go_by_name_or_by_their_only_key() -> None:
    deep = ("models", "one", "columns", "id", "data_tests", "relationships")
    left = cut_paths(deep, ("models", "two"))
    assert left.endswith("        data_tests:\n          - unique\n")


def test_an_entry_is_judged_by_its_text() -> None:
    left = cut(TEXT, lambda path, text: len(path) == 6 and "ref('two')" in text)
    assert "relationships" not in left
    assert "- { name: two" in left
