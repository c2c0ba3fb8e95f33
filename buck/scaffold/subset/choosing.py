"""Which parts of a project stay when some of its sources do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from buck.errors import ConfigError
from buck.transform import Declared

OPTIONAL = "optional_inputs"
"""The `meta` that names what a model can do without: it is as right over an empty input."""
MODELS = ("model", "snapshot")


@dataclass(frozen=True, slots=True)
class Subset:
    """What becomes of everything the project declares."""

    kept: tuple[Declared, ...]
    gone: tuple[Declared, ...]
    """The models that are stood in for among them."""
    stand_ins: tuple[Declared, ...]
    """Models that are gone, and that a model which stays can do without, if they are empty."""
    lacking: Mapping[str, tuple[str, ...]]
    """Models that are gone by name, to the sources they lack."""

    def marts(self) -> dict[str, tuple[str, ...]]:
        """Marts that are gone, to the sources they lack."""
        return {
            part.name: self.lacking[part.name]
            for part in sorted(self.gone, key=lambda part: part.name)
            if part.kind == "model" and part.file.startswith("models/marts/")
        }


def choose(parts: Iterable[Declared], *, absent: Collection[str]) -> Subset:
    """Follow every name from the raw tables of the absent sources to whatever reads them.

    A model stays if all it reads stays, but for what its `meta.optional_inputs` names; a model
    that reads nothing else needs one of those. A test stays if the models it reads stay or have a
    stand-in, not all of them. Dashboards and metrics stay whole or not at all.

    Raises:
        ConfigError: a model names an optional input that it does not read.
    """
    by_id = {part.unique_id: part for part in parts}
    _refuse_strangers(by_id)

    @cache
    def lacks(unique_id: str) -> frozenset[str]:
        part = by_id.get(unique_id)
        if part is None:
            return frozenset()
        if part.kind == "source":
            return frozenset({part.source} & set(absent))
        spared, needed = _inputs(part, by_id)
        found = frozenset[str]().union(*map(lacks, needed))
        if spared and not needed and all(map(lacks, spared)):
            return found.union(*map(lacks, spared))
        return found

    def stays(part: Declared) -> bool:
        if part.kind not in ("test", "analysis"):
            return not lacks(part.unique_id)
        missing = {i for i in part.reads if lacks(i)}
        return missing <= stood_in and (not missing or missing != _models(part, by_id))

    stood_in = {
        unique_id
        for part in by_id.values()
        if part.kind in MODELS and not lacks(part.unique_id)
        for unique_id in _inputs(part, by_id)[0]
        if lacks(unique_id)
    }
    kept = {i for i, part in by_id.items() if stays(part)}
    return Subset(
        tuple(part for i, part in by_id.items() if i in kept),
        tuple(part for i, part in by_id.items() if i not in kept),
        tuple(part for i, part in by_id.items() if i in stood_in),
        {p.name: tuple(sorted(lacks(i))) for i, p in by_id.items() if lacks(i)},
    )


def _refuse_strangers(by_id: Mapping[str, Declared]) -> None:
    """A name that went stale would take models along that can do without what it once named."""
    for part in by_id.values():
        read = {by_id[i].name for i in part.reads if i in by_id}
        if part.kind in MODELS and (strange := set(part.meta.get(OPTIONAL) or ()) - read):
            raise ConfigError(
                f"{part.name}: meta.{OPTIONAL} names {', '.join(sorted(strange))}, "
                "which the model does not read",
                hint=f"name one of {', '.join(sorted(read))}" if read else "",
            )


def _inputs(part: Declared, by_id: Mapping[str, Declared]) -> tuple[list[str], list[str]]:
    """What a part can do without, and what it needs."""
    names = set(part.meta.get(OPTIONAL) or ()) if part.kind in MODELS else set()
    spared = [i for i in part.reads if i in by_id and by_id[i].name in names]
    return spared, [i for i in part.reads if i not in spared]


def _models(part: Declared, by_id: Mapping[str, Declared]) -> set[str]:
    return {i for i in part.reads if i in by_id and by_id[i].kind in (*MODELS, "source")}
