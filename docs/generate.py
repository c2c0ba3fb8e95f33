"""Writes the reference pages that follow from the code: `python docs/generate.py`.

tests/house/test_reference.py fails when a page and the code differ.
"""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from buck import errors
from buck.cli import commands  # noqa: F401  importing registers every command
from buck.cli.app import BUG, app
from buck.project import settings
from buck.records import table

FOLDER = Path(__file__).parent / "reference"
MODELS = Path(__file__).parents[1] / "transform" / "models"
NOTE = "<!-- Written by docs/generate.py; edit the code instead. -->\n\n"
WIDTH = 88
TYPE_NAMES = {str: "text", int: "whole number", bool: "true or false", float: "number"}


def generate() -> dict[str, str]:
    """The text of every generated page, by file name."""
    return {
        "cli.md": NOTE + _cli(),
        "configuration.md": NOTE + _configuration(),
        "errors.md": NOTE + _errors(),
        "models.md": NOTE + _models(),
        "raw-columns.md": NOTE + _raw_columns(),
    }


def read_commands() -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command, groups before their members, with its help."""
    yield from _walk(typer.main.get_command(app), (), None)


def _walk(command: Any, path: tuple[str, ...], above: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    name = path[-1] if path else "buck"
    context = typer.Context(
        command,
        parent=above,
        info_name=name,
        terminal_width=WIDTH,
        **command.context_settings,
    )
    lines = command.get_help(context).strip().splitlines()
    yield path, "\n".join(line.rstrip() for line in lines)
    for below, member in getattr(command, "commands", {}).items():
        yield from _walk(member, (*path, below), context)


def _cli() -> str:
    parts = [
        "# Commands\n",
        "Results go to standard output, talk and progress to standard error. What a command's exit",
        "code means: [errors](errors.md).\n",
    ]
    for path, text in read_commands():
        name = " ".join(("buck", *path))
        parts.append(f"{'#' * (1 + max(1, len(path)))} {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _configuration() -> str:
    parts = [
        "# Configuration: `.buck.yml`\n",
        "Later wins: the file, the chosen section of `environments`, variables named",
        "`BUCK__SECTION__KEY`, then flags. Text such as `{{ STRIPE_API_KEY }}` is looked up when",
        "it is used: in the environment, then in `.env` (git-ignored), then in the running",
        "sandbox; `{{ NAME | default('value') }}` says what to take otherwise. A key that does",
        "not exist is an error that names the nearest one. `buck config show` prints every value",
        "and where it came from, `buck config validate` all that is wrong.\n",
    ]
    parts += _section(settings.Settings, ())
    return "\n".join(parts)


def _section(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    told = attribute_docs(model)
    title = ".".join(path) or "The whole file"
    summary = inspect.cleandoc(model.__doc__ or "")
    parts = [f"## {title}\n" if not path else f"## `{title}`\n", f"{summary}\n"]
    rows, below = [], []
    for name, field in model.model_fields.items():
        key = field.alias or name
        nested, is_mapping = nested_model(field.annotation)
        if nested is not None and nested.model_fields:
            step = (key, "<name>") if is_mapping else (key,)
            below += _section(nested, (*path, *step))
            link = ".".join((*path, *step))
            rows.append(f"| `{key}` | section | | {_cell(told.get(name, f'see `{link}`'))} |")
        else:
            kind, default = _type_name(field.annotation), _default(field)
            rows.append(f"| `{key}` | {kind} | {default} | {_cell(told.get(name, ''))} |")
    table_ = ["| key | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    return [*parts, *table_, *below]


def nested_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section a field holds, if it holds one, and whether it holds many by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in typing.get_args(annotation):
        found, _ = nested_model(part)
        if found is not None:
            return found, typing.get_origin(annotation) is dict
    return None, False


def attribute_docs(owner: type) -> dict[str, str]:
    """The strings that stand below a class's attributes."""
    tree = ast.parse(inspect.getsource(owner)).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[before.target.id] = inspect.cleandoc(str(after.value.value))
    return found


def _type_name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_name(a) for a in arguments if a is not type(None))
    if origin is list:
        return f"list of {_type_name(arguments[0])}"
    return TYPE_NAMES.get(origin or annotation, "mapping")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value in ({}, []) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _errors() -> str:
    assert errors.__doc__ is not None
    tree = errors.__doc__.partition("\n\n")[2].strip()
    parts = [
        "# Errors and exit codes\n",
        "An expected failure is a few lines on standard error: what went wrong, the next command",
        "or edit, and what explains it at length. `buck explain CODE` and `buck explain ERROR`",
        "work anywhere, also without a project. Scripts decide by the exit code.\n",
        "| exit code | means | runbook |",
        "|---|---|---|",
        "| 0 | done, or nothing to do | |",
        "| 1 | something failed; what was published stays published | [1](../runbooks/exit-1.md) |",
        "| 2 | the configuration or the command line is wrong | [2](../runbooks/exit-2.md) |",
        "| 3 | the gate is closed: the data is bad | [3](../runbooks/exit-3.md) |",
        "| 4 | incomplete: part of the data is missing | [4](../runbooks/exit-4.md) |",
        f"| {BUG} | a bug in Buck | [{BUG}](../runbooks/exit-{BUG}.md) |",
        "| 130 | interrupted by Ctrl-C | [130](../runbooks/exit-130.md) |\n",
        "## The tree\n",
        f"```text\n{tree}\n```\n",
        "| error | exit code | worth trying again | means |",
        "|---|---|---|---|",
    ]
    for kind in _kinds(errors.BuckError):
        meaning = (kind.__doc__ or "").splitlines()[0]
        again = "yes" if kind.retryable else ""
        parts.append(f"| `{kind.__name__}` | {kind.exit_code} | {again} | {_cell(meaning)} |")
    return "\n".join(parts) + "\n"


def _kinds(kind: type[errors.BuckError]) -> Iterator[type[errors.BuckError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _kinds(below)


def _raw_columns() -> str:
    source = inspect.getsource(table)
    after = source.partition("SYSTEM_COLUMNS:")[2]
    meaning = inspect.cleandoc(after.split('"""')[1])
    parts = [
        "# Columns of raw tables\n",
        "A raw table holds the source's own columns, named as the source names them, and these.",
        "Rows are only ever added; one row is one version of one source record, and the newest",
        "version of a key is the one with the greatest `_buck_seq`.\n",
        "| column | type |",
        "|---|---|",
        *(f"| `{name}` | {kind} |" for name, kind in table.SYSTEM_COLUMNS),
        "",
        meaning,
        "",
        "## Types\n",
        "A declared column has one of: "
        + ", ".join(f"`{kind}`" for kind in typing.get_args(table.ColumnType))
        + ". "
        + inspect.cleandoc(source.partition("ColumnType = ")[2].split('"""')[1]),
        "",
        "## What a table declares\n",
        "| of a table | means |",
        "|---|---|",
        *_attributes(table.TableSpec),
        "",
        "| of a column | means |",
        "|---|---|",
        *_attributes(table.Column),
    ]
    return "\n".join(parts) + "\n"


def _models() -> str:
    """Every mart with its columns, and what marts are made of, from the files that dbt reads."""
    lines = [
        "# Models\n",
        "What the marts hold, as their contracts have it: a build that would give another column",
        "or another type fails. `buck explain NAME` adds checks, freshness, consumers and lineage;",
        "[how they are made](../explanation/models.md). Money is in the currency that stands",
        "beside it, times are UTC.",
    ]
    for folder in sorted((MODELS / "marts").iterdir()):
        lines += ["", f"## {folder.name}"]
        for model in _described(folder):
            lines += _mart(model)
    lines += ["", "## Intermediate models", "", "| model | holds |", "|---|---|"]
    for folder in sorted((MODELS / "intermediate").iterdir()):
        for model in _described(folder):
            lines.append(f"| `{model['name']}` | {_cell(model.get('description', ''))} |")
    return "\n".join(lines) + "\n"


def _described(folder: Path) -> list[dict[str, Any]]:
    found = []
    for file in sorted(folder.glob("*__models.yml")):
        found += yaml.safe_load(file.read_text(encoding="utf-8")).get("models") or []
    return sorted(found, key=lambda model: str(model["name"]))


def _mart(model: dict[str, Any]) -> list[str]:
    config = model.get("config") or {}
    meta = config.get("meta") or {}
    facts = {"Key": meta.get("grain"), "Owner": meta.get("owner")}
    told = " · ".join(f"{name}: `{value}`" for name, value in facts.items() if value)
    lines = ["", f"### {model['name']}", "", _cell(model.get("description", "")), ""]
    lines += [told, ""] if told else []
    lines += ["| column | type | |", "|---|---|---|"]
    for column in model.get("columns") or []:
        marks = (column.get("config") or {}).get("meta") or {}
        personal = " Personal data." if marks.get("personal") else ""
        text = _cell(column.get("description", "")) + personal
        lines.append(f"| `{column['name']}` | {column.get('data_type', '')} | {text.strip()} |")
    return lines


def _attributes(owner: type) -> list[str]:
    told = attribute_docs(owner)
    return [f"| `{name}` | {_cell(told.get(name, ''))} |" for name in owner.__annotations__]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in generate().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
