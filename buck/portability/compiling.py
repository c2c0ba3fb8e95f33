"""Models as SQL for one engine, without its adapter, its server or anybody's credentials."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import jinja2

from buck.portability.engines import Engine
from buck.portability.macros import CannotRender, Disabled, MacroBook, Returned
from buck.portability.project import DbtProject
from buck.portability.relation import Relation
from buck.portability.spans import Origins, mark_lines


@dataclass(frozen=True, slots=True)
class Compiled:
    """One SQL text of a model, with where each character of it comes from."""

    part: str
    """`full`, `incremental` or `hook`."""
    origins: Origins


@dataclass(frozen=True, slots=True)
class Uncompilable:
    """Why a template gave no SQL for this engine."""

    message: str
    line: int


class _NoRows:
    """An answer of the database that has nothing in it."""

    rows: tuple[Any, ...] = ()
    columns: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class _Config:
    """`config`: remembers what a model sets while it renders, answers what it asks."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.values: dict[str, Any] = dict(held)
        self.set_here: dict[str, Any] = {}

    def __call__(self, *given: dict[str, Any], **named: Any) -> str:
        self.set_here |= {**(given[0] if given else {}), **named}
        return ""

    def get(self, name: str, default: Any = None, **_: Any) -> Any:
        value = self.set_here.get(name, self.values.get(name))
        return default if value is None else value

    def require(self, name: str, **_: Any) -> Any:
        return self.get(name)


@dataclass
class Compiler:
    """Renders the nodes of a project for one engine; make one per engine."""

    project: DbtProject
    engine: Engine
    config_of_last: dict[str, Any] = field(init=False, default_factory=dict)
    """What the node compiled last set in its own `config()`, evaluated for this engine."""
    _asked: list[str] = field(init=False, default_factory=list)
    """What templates asked the database while they rendered."""
    _book: MacroBook = field(init=False)
    _referable: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        manifest = self.project.manifest
        self._book = MacroBook(self.engine, self.project.name, manifest["macros"])
        self._referable = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed", "snapshot")
        }
        output = self.project.targets.get(self.engine.name, {})
        self._target = {
            "name": self.engine.name,
            "type": self.engine.name,
            "schema": "main",
            "threads": 1,
            "profile_name": self.project.name,
            **{key: value for key, value in output.items() if key != "type"},
        }
        self._database = str(
            next(
                (output[k] for k in ("database", "dbname", "project", "catalog") if k in output), ""
            )
            or "warehouse"
        )
        self._target["database"] = self._database
        self._book.context |= self._book.names() | self._context()

    def compile(self, node: Mapping[str, Any]) -> Iterator[Compiled | Uncompilable]:
        """What a build of this node would run: as new, again if it is incremental, hooks.

        Nothing for a test of a model that a variable leaves out: dbt does not run it either.
        """
        try:
            yield from self._compile(node)
        except Disabled:
            return

    def _compile(self, node: Mapping[str, Any]) -> Iterator[Compiled | Uncompilable]:
        config = self._enter(node, is_incremental=False)
        yield self._render(node["raw_code"], "full")
        self.config_of_last = config.set_here
        materialized = config.get("materialized")
        if materialized == "incremental":
            self._enter(node, is_incremental=True)
            yield self._render(node["raw_code"], "incremental")
        for hook in _hooks(config):
            yield from self._render_hook(hook)

    def _render_hook(self, code: str) -> Iterator[Compiled | Uncompilable]:
        """A hook's own SQL, and what it asks the database first; the answers are empty here."""
        self._asked.clear()
        compiled = self._render(code, "hook")
        yield from [Compiled("hook", Origins.of(sql)) for sql in self._asked]
        # Without answers it may come no further; what it asked was read all the same.
        if isinstance(compiled, Compiled):
            if compiled.origins.text.strip():
                yield compiled
        elif not self._asked:
            yield compiled

    def _run_query(self, sql: str) -> _NoRows:
        self._asked.append(str(sql))
        return _NoRows()

    def _statement(self, *_: Any, caller: Callable[[], str], **__: Any) -> str:
        self._asked.append(caller())
        return ""

    def _render(self, code: str, part: str) -> Compiled | Uncompilable:
        try:
            environment = self._book.environment
            template = environment.from_string(mark_lines(code, environment))
            return Compiled(part, Origins.of(template.render(self._book.context)))
        except (CannotRender, jinja2.TemplateError, TypeError, ValueError, KeyError) as exc:
            return Uncompilable(str(exc).strip("'\"") or type(exc).__name__, _line_of(exc))

    def _enter(self, node: Mapping[str, Any], *, is_incremental: bool) -> _Config:
        config = _Config(node["config"])
        self._book.portable_depth = 0
        self._book.context |= {
            "config": config,
            "model": node,
            "this": self._relation(node["schema"], node.get("alias") or node["name"]),
            "schema": node["schema"],
            "database": self._database,
            "is_incremental": lambda: is_incremental,
            "_dbt_generic_test_kwargs": _Lazy(node, self._evaluate).values(),
        }
        return config

    def _evaluate(self, text: str) -> Any:
        """A value of YAML: an expression's own value, or a text with expressions in it."""
        alone = re.fullmatch(r"\s*\{\{(.*)\}\}\s*", text, re.DOTALL)
        if alone and "}}" not in alone.group(1):
            expression = self._book.environment.compile_expression(alone.group(1))
            return expression(**self._book.context)
        return self._book.environment.from_string(text).render(self._book.context)

    def _relation(self, schema: str, name: str, *, database: str = "") -> Relation:
        quote = self.engine.quote
        return Relation.of(database or self._database, schema, name, quote=quote)

    def _ref(self, *names: str, **_: Any) -> Relation:
        node = self._referable.get(names[-1])
        if node is None and any(
            unique_id.endswith(f".{names[-1]}") for unique_id in self.project.manifest["disabled"]
        ):
            raise Disabled
        if node is None:
            raise CannotRender(f"there is no model {names[-1]}")
        if node["config"].get("materialized") == "ephemeral":
            return Relation.of("", "", f"__dbt__cte__{names[-1]}", quote="")
        return self._relation(node["schema"], node.get("alias") or node["name"])

    def _source(self, source: str, table: str) -> Relation:
        for node in self.project.manifest["sources"].values():
            if node["source_name"] == source and node["name"] == table:
                database = str(self.project.variables.get("raw_database") or "")
                return self._relation(node["schema"], node["identifier"], database=database)
        raise CannotRender(f"there is no source {source}.{table}")

    def _create(
        self, database: str = "", schema: str = "", identifier: str = "", **_: Any
    ) -> Relation:
        return self._relation(schema, identifier, database=database)

    def _var(self, name: str, default: Any = None) -> Any:
        return self.project.variables.get(name, default)

    def _context(self) -> dict[str, Any]:
        needs = _needs_database
        return {
            **self._book.environment.globals,
            "ref": self._ref,
            "source": self._source,
            "var": self._var,
            "env_var": lambda name, default=None: name.lower() if default is None else default,
            "target": SimpleNamespace(**self._target, get=self._target.get),
            "adapter": SimpleNamespace(
                dispatch=self._book.dispatch,
                type=lambda: self.engine.name,
                quote=lambda name: name.join([self.engine.quote or '"'] * 2),
                get_relation=lambda *_, **__: None,
                get_columns_in_relation=needs,
            ),
            "api": SimpleNamespace(Relation=SimpleNamespace(create=self._create)),
            "execute": True,
            "return": _return,
            "exceptions": SimpleNamespace(
                raise_compiler_error=_raise, warn=lambda *_: "", raise_not_implemented=_raise
            ),
            "log": lambda *_, **__: "",
            "print": lambda *_: "",
            "run_query": self._run_query,
            "statement": self._statement,
            "load_result": lambda *_: SimpleNamespace(table=_NoRows(), data=[]),
            "load_relation": lambda *_: None,
            "get_where_subquery": lambda relation: relation,
            "modules": SimpleNamespace(re=re, datetime=dt, itertools=itertools),
            "tojson": lambda value, default=None: json.dumps(value, default=str),
            "fromjson": lambda text, default=None: json.loads(text),
            "zip": zip,
            "set": set,
            "graph": self.project.manifest,
            "flags": SimpleNamespace(FULL_REFRESH=False, WHICH="compile"),
            "project_name": self.project.name,
            "invocation_id": "portability",
        }


class _Lazy:
    """The arguments of a generic test, evaluated in the test's own context."""

    def __init__(self, node: Mapping[str, Any], evaluate: Any) -> None:
        self._given = (node.get("test_metadata") or {}).get("kwargs") or {}
        self._evaluate = evaluate

    def values(self) -> dict[str, Any]:
        """The arguments by name."""
        return {name: self._value(value) for name, value in self._given.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str) and "{{" in value:
            return self._evaluate(value)
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return value


def _hooks(config: _Config) -> list[str]:
    found: list[str] = []
    for name in ("pre_hook", "pre-hook", "post_hook", "post-hook"):
        hooks = config.set_here.get(name, config.values.get(name)) or []
        for hook in hooks if isinstance(hooks, list) else [hooks]:
            sql = hook.get("sql", "") if isinstance(hook, dict) else str(hook)
            if sql.strip() and sql not in found:
                found.append(sql)
    return found


def _return(value: Any = None) -> Any:
    raise Returned(value)


def _raise(message: str = "", *_: Any, **__: Any) -> Any:
    raise CannotRender(message)


def _needs_database(*_: Any, **__: Any) -> Any:
    raise CannotRender("it asks the database while it compiles")


def _line_of(error: BaseException) -> int:
    """The line of the template that an error came through, from 1."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    trace, line = error.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>" and line == 1:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
