"""The project's macros, callable for one engine as dbt would call them there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import jinja2

from buck.portability.engines import Engine
from buck.portability.spans import mark_portable

_PORTABLE_FOLDER: Final = "macros/portable/"
_TEST: Final = re.compile(r"\{%(-?)\s*(end)?test\b\s*(\w*)")
_MACRO: Final = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


class Returned(Exception):
    """A value on its way out of a macro."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class CannotRender(Exception):
    """A template asks for something that only a database or an adapter could give."""


class Disabled(Exception):
    """A template names a model that a variable leaves out of the project."""


def new_environment() -> jinja2.Environment:
    """Jinja with what dbt adds to the language."""
    # S701: it writes SQL, never HTML.
    environment = jinja2.Environment(  # noqa: S701
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]
    )
    for name in ("as_text", "as_bool", "as_native", "as_number"):
        environment.filters[name] = lambda value: value
    return environment


class Macro:
    """One macro; a call renders it with whatever the context holds at that moment."""

    def __init__(self, name: str, sql: str, book: MacroBook, *, is_portable: bool) -> None:
        self._name = name
        self._sql = sql
        self._book = book
        self._is_portable = is_portable

    @cached_property
    def _template(self) -> jinja2.Template:
        as_macro = _TEST.sub(
            lambda m: f"{{%{m[1]} {m[2] or ''}macro {'test_' + m[3] if m[3] else ''}", self._sql
        )
        # Jinja hands out no names that begin with an underscore.
        called = re.sub(rf"(macro\s+){re.escape(self._name)}\b", rf"\g<1>{self._given}", as_macro)
        return self._book.environment.from_string(called)

    @property
    def _given(self) -> str:
        return f"own{self._name}" if self._name.startswith("_") else self._name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the macro returns or prints; a portable macro's text comes marked as such."""
        book = self._book
        module = self._template.make_module(book.context, shared=True)
        outermost = self._is_portable and not book.portable_depth
        book.portable_depth += self._is_portable
        try:
            answer: Any = getattr(module, self._given)(*args, **kwargs)
        except Returned as returned:
            answer = returned.value
        finally:
            book.portable_depth -= self._is_portable
        return mark_portable(str(answer)) if outermost and isinstance(answer, str) else answer


class Package:
    """The macros of one package, as `dbt_utils.star` names them."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros

    def __getattr__(self, name: str) -> Macro:
        try:
            return self._macros[name]
        except KeyError:
            raise AttributeError(name) from None


class MacroBook:
    """Every macro of the project, and dbt's rules for which one a name means."""

    def __init__(self, engine: Engine, project: str, macros: Mapping[str, Any]) -> None:
        self.engine = engine
        self.environment = new_environment()
        self.context: dict[str, Any] = {}
        self.portable_depth = 0
        self._project = project
        self._packages: dict[str, dict[str, Macro]] = {}
        self._utilities: set[str] = set()
        for macro in macros.values():
            self._add(macro["package_name"], macro["name"], macro["macro_sql"], macro)
        self._has_adapter = self._add_adapter()

    def names(self) -> dict[str, Any]:
        """What templates see: own macros before other packages' before dbt's, and the packages."""
        found: dict[str, Any] = {}
        others = [name for name in self._packages if name not in (self._project, "dbt")]
        for package in ("dbt", *others, self._project):
            found |= self._packages.get(package, {})
        found |= {name: Package(macros) for name, macros in self._packages.items()}
        return found

    def dispatch(self, name: str, macro_namespace: str | None = None) -> Callable[..., Any]:
        """The macro that this engine takes for a name.

        Raises:
            CannotRender: nobody wrote one, or only the engine's adapter could have.
        """
        order = [self._project, *([macro_namespace] if macro_namespace else []), "dbt"]
        for package in dict.fromkeys(order):
            for prefix in (*self.engine.prefixes, "default"):
                macro = self._packages.get(package, {}).get(f"{prefix}__{name}")
                if macro is None:
                    continue
                needs_adapter = package == "dbt" and name in self._utilities
                if prefix == "default" and needs_adapter and not self._has_adapter:
                    raise CannotRender(
                        f"dbt.{name} is written by dbt-{self.engine.name}, which is not installed"
                    )
                return macro
        raise CannotRender(f"no macro {name} for {self.engine.title}")

    def _add(self, package: str, name: str, sql: str, macro: Mapping[str, Any]) -> None:
        path = str(macro.get("original_file_path", "")).replace("\\", "/")
        if package == "dbt_duckdb" and self.engine.name != "duckdb":
            return
        if package == "dbt" and "macros/utils/" in path:
            self._utilities.add(name.removeprefix("default__"))
        # Adapters' macros count as dbt's own, as they do in dbt.
        package = "dbt" if package.startswith("dbt_") and package[4:] == "duckdb" else package
        is_portable = _PORTABLE_FOLDER in path
        self._packages.setdefault(package, {})[name] = Macro(
            name, sql, self, is_portable=is_portable
        )

    def _add_adapter(self) -> bool:
        """Take in the macros of the engine's own adapter, if that is installed."""
        if self.engine.name == "duckdb":
            return True
        found = False
        for prefix in reversed(self.engine.prefixes):
            try:
                spec = find_spec(f"dbt.include.{prefix}")
            except ModuleNotFoundError:
                spec = None
            for folder in (spec.submodule_search_locations or ()) if spec else ():
                for file in sorted(Path(folder, "macros").rglob("*.sql")):
                    text = file.read_text(encoding="utf-8")
                    for match in _MACRO.finditer(text):
                        self._add("dbt", match.group(1), match.group(0), {})
                        found = True
        return found
