"""Taking out of a new project's files what its sources cannot fill."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from buck.scaffold.subset.choosing import Subset
from buck.scaffold.subset.cutting import IsGone, cut
from buck.transform import Declared

STAND_INS = Path("models/staging/stand_ins")
_LISTS = {
    "models": ("model",),
    "snapshots": ("snapshot",),
    "data_tests": ("test",),
    "analyses": ("analysis",),
    "exposures": ("exposure",),
    "metrics": ("metric",),
    "semantic_models": ("semantic_model",),
}


def leave_out(folder: Path, subset: Subset, *, absent: Collection[str]) -> None:
    """Take the parts that are gone out of a project's dbt files, checks, pipelines and settings.

    Args:
        folder: A project whose files are those of the template.
        subset: What stays and what goes.
        absent: The sources that it is not to have.
    """
    transform = folder / "transform"
    for part in subset.gone:
        if part.file.endswith(".sql"):
            (transform / part.file).unlink(missing_ok=True)
    _cut_files((transform / "models").rglob("*.yml"), _declares(subset, absent))
    _cut_files((transform / "snapshots").rglob("*.yml"), _declares(subset, absent))
    _cut_checks(transform / "checks", subset)
    for part in subset.stand_ins:
        file = transform / STAND_INS / f"{part.name}.sql"
        file.parent.mkdir(exist_ok=True)
        file.write_text(stand_in(part, subset.lacking[part.name]), encoding="utf-8")
    for root in ("models", "snapshots", "tests", "analyses", "checks"):
        _remove_empty(transform / root)
    domains = {f.name for f in (transform / "models/marts").iterdir() if f.is_dir()}
    _cut_files(
        [transform / "dbt_project.yml"],
        lambda path, _: (
            path[:3] == ("models", "buck", "marts")
            and len(path) == 4
            and not path[3].startswith("+")
            and path[3] not in domains
        ),
    )
    for name in absent:
        (folder / "pipelines" / f"{name}_pipeline.py").unlink(missing_ok=True)
    _cut_settings(folder / ".buck.yml", subset, absent)


def stand_in(part: Declared, sources: Iterable[str]) -> str:
    """A model without a row, in the columns of one that cannot be built."""
    columns = ",\n".join(
        f"    cast(null as {{{{ contract_type('{kind}') }}}}) as {name}"
        for name, kind in part.types.items()
    )
    return (
        f"-- Stands in for {part.name}, which needs {' and '.join(sources)}: its columns, no row.\n"
        "{{ config(materialized='view', meta={'stands_in': true}) }}\n"
        f"select\n{columns}\n"
        "from (select 1 as nothing) as nothing\n"
        "where 1 = 0\n"
    )


def _declares(subset: Subset, absent: Collection[str]) -> IsGone:
    """Entries of yml files that declare what is gone, or test something against it."""
    gone = {(part.kind, part.name) for part in subset.gone}
    models = {name for kind, name in gone if kind in ("model", "snapshot")}
    models -= {part.name for part in subset.stand_ins}
    lost = {part.name for part in subset.gone if part.kind in ("model", "snapshot")}
    refers = _mentions(models, r"ref\(\s*['\"]{}['\"]\s*\)")

    def is_gone(path: tuple[str, ...], text: str) -> bool:
        if len(path) == 2 and path[0] == "sources":
            return path[1] in absent
        if len(path) == 2 and path[0] == "unit_tests":
            tested = re.search(r"^\s*model:\s*(\S+)", text, re.MULTILINE)
            return tested is not None and tested[1] in lost
        if len(path) == 2:
            return any((kind, path[1]) in gone for kind in _LISTS.get(path[0], ()))
        return path[-2:-1] == ("data_tests",) and refers(text)

    return is_gone


def _cut_checks(folder: Path, subset: Subset) -> None:
    """Files of checks go with their table, single checks with the others that they read."""
    named = ("model", "snapshot", "source")
    gone = {part.name for part in subset.gone if part.kind in named}
    mentions = _mentions(gone, r"\b{}\b")
    for file in sorted(folder.rglob("*.yml")):
        if file.stem in gone:
            file.unlink()
        else:
            _cut_files(
                [file],
                lambda path, text: (
                    len(path) == 2 and path[0].startswith("checks for ") and mentions(text)
                ),
            )


def _cut_settings(file: Path, subset: Subset, absent: Collection[str]) -> None:
    gone = {part.name for part in subset.gone if part.kind == "model"}
    stopped: set[str] = set()

    def is_gone(path: tuple[str, ...], text: str) -> bool:
        match path:
            case ("sources", name) | ("data_quality", "freshness", "sources", name):
                return name in absent
            case ("pipelines", name):
                listed = re.search(r"^\s*sources:\s*\[([^\]]*)\]", text, re.MULTILINE)
                if listed and {s.strip() for s in listed[1].split(",")} & set(absent):
                    stopped.add(name)
                return name in stopped
            case ("orchestration", "schedules", name):
                return name in stopped
            case ("data_quality", "freshness", "marts", name):
                return name.rpartition(".")[2] in gone
        return False

    _cut_files([file], is_gone)


def _cut_files(files: Iterable[Path], is_gone: IsGone) -> None:
    for file in list(files):
        text = file.read_text(encoding="utf-8")
        left = cut(text, is_gone)
        if left == text:
            continue
        if set(re.findall(r"^(\w+):", left, re.MULTILINE)) <= {"version"}:
            file.unlink()
        else:
            file.write_text(left, encoding="utf-8")


def _mentions(names: Iterable[str], pattern: str) -> Callable[[str], bool]:
    patterns = [re.compile(pattern.format(re.escape(name))) for name in names]
    return lambda text: any(p.search(text) for p in patterns)


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
