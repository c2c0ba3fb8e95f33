"""Every model for every engine: compiled, read by that engine's parser, searched for hazards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from buck.errors import ConfigError
from buck.portability.compiling import Compiled, Compiler, Uncompilable
from buck.portability.engines import ENGINES, Engine
from buck.portability.hazards import HAZARDS
from buck.portability.project import DbtProject
from buck.portability.statement import read
from buck.records.portability import Finding, PortabilityReport

_ALLOWED: Final = re.compile(r"--\s*portable:\s*([\w ,]+)")


def check_portability(
    project: DbtProject, *, select: Sequence[str] = (), engines: Sequence[str] = ()
) -> PortabilityReport:
    """What keeps the project's models, snapshots and own tests from running everywhere alike.

    Nothing is connected to, and no adapter has to be installed. A finding at a line that says
    `-- portable: HAZARD` is left out.

    Args:
        project: The parsed project.
        select: Names, folders (`marts.finance`) or tags (`tag:finance`); everything if empty.
        engines: Names of engines; all if empty.

    Raises:
        ConfigError: an unknown engine, or nothing is selected.
    """
    chosen = [_engine(name) for name in engines] or list(ENGINES.values())
    nodes = project.nodes(select)
    check = _Check(project, _never_null(project))
    findings: dict[Finding, None] = {}
    for engine in chosen:
        compiler = Compiler(project, engine)
        for node in nodes:
            findings |= dict.fromkeys(check.node(compiler, node))
    order = sorted(findings, key=lambda f: (f.file, f.line, f.hazard, f.model))
    return PortabilityReport(
        engines=tuple(engine.name for engine in chosen),
        models=tuple(node["name"] for node in nodes),
        statements=check.statements,
        findings=tuple(order),
    )


def compile_models(
    project: DbtProject, engine: str, *, select: Sequence[str] = ()
) -> dict[str, str]:
    """Each model's SQL for one engine, as a build from nothing would run it; likewise own tests.

    What tests a model that a variable leaves out is left out too.

    Raises:
        ConfigError: an unknown engine, nothing is selected, or a model that can't be compiled.
    """
    compiler = Compiler(project, _engine(engine))
    found = {}
    for node in project.nodes(select):
        compiled = next(compiler.compile(node), None)
        if compiled is None:
            continue
        if isinstance(compiled, Uncompilable):
            raise ConfigError(f"{node['name']}: {compiled.message}", hint="buck portability")
        found[str(node["name"])] = compiled.origins.text
    return found


def _engine(name: str) -> Engine:
    try:
        return ENGINES[name]
    except KeyError:
        raise ConfigError(
            f"no engine is called {name}", hint=f"one of {', '.join(ENGINES)}"
        ) from None


@dataclass
class _Check:
    project: DbtProject
    never_null: frozenset[str]
    statements: int = 0

    def node(self, compiler: Compiler, node: Mapping[str, Any]) -> Iterator[Finding]:
        """What one engine makes of one model."""
        engine = compiler.engine
        allowed = _allowed(node["raw_code"])
        for compiled in compiler.compile(node):
            self.statements += 1
            for line, hazard, differs, use in self._text(compiled, engine):
                if hazard == "sum_type" and node["resource_type"] == "test":
                    continue
                is_hook = isinstance(compiled, Compiled) and compiled.part == "hook"
                place = 1 if is_hook else line
                if hazard not in allowed.get(place, ()):
                    yield _finding(node, place, engine, hazard=hazard, differs=differs, use=use)
        yield from _strategy(compiler, node)

    def _text(
        self, compiled: Compiled | Uncompilable, engine: Engine
    ) -> Iterator[tuple[int, str, str, str]]:
        if isinstance(compiled, Uncompilable):
            use = "a macro of macros/portable, or: pip install dbt-" + engine.name
            yield compiled.line, "compile", compiled.message, use
            return
        statement = read(compiled, engine, never_null=self.never_null)
        found = False
        for hazard in HAZARDS:
            if differs := hazard.differs.get(engine.name):
                for place in hazard.find(statement):
                    found = True
                    yield compiled.origins.line(place), hazard.name, differs, hazard.use
        # A hazard says more than the parser does.
        if statement.error and not found:
            line = compiled.origins.line(statement.error_place)
            yield line, "syntax", f"can't read it: {statement.error}", "SQL that it has"


def _finding(
    node: Mapping[str, Any], line: int, engine: Engine, *, hazard: str, differs: str, use: str
) -> Finding:
    return Finding(
        model=str(node["name"]),
        file=str(node["original_file_path"]).replace("\\", "/"),
        line=line,
        engine=engine.name,
        hazard=hazard,
        differs=f"{engine.title} {differs}",
        use=use,
    )


def _strategy(compiler: Compiler, node: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the engine's adapter has the way in which the model is brought up to date."""
    engine = compiler.engine
    config = {**node["config"], **compiler.config_of_last}
    strategy = config.get("incremental_strategy")
    if config.get("materialized") != "incremental" or not strategy:
        return
    if strategy not in engine.strategies:
        code = str(node["raw_code"])
        line = next(
            (n for n, text in enumerate(code.splitlines(), 1) if "incremental_strategy" in text), 1
        )
        yield _finding(
            node,
            line,
            engine,
            hazard="strategy",
            differs=f"has no {strategy}",
            use=f"incremental_strategy: {', '.join(sorted(engine.strategies))}",
        )


def _allowed(code: str) -> dict[int, set[str]]:
    """Hazards that a comment allows, by line."""
    return {
        number: set(re.findall(r"\w+", match.group(1)))
        for number, text in enumerate(code.splitlines(), 1)
        if (match := _ALLOWED.search(text))
    }


def _never_null(project: DbtProject) -> frozenset[str]:
    """Columns that some model's tests, or the variable `never_null`, say are never null."""
    found = {str(name).lower() for name in project.variables.get("never_null") or ()}
    for node in project.manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        kwargs = test.get("kwargs") or {}
        if test.get("name") == "not_null" and kwargs.get("column_name"):
            found.add(str(kwargs["column_name"]).lower())
        if test.get("name") == "primary_key":
            arguments = kwargs.get("arguments") or kwargs
            found.update(str(column).lower() for column in arguments.get("columns") or ())
        for column in (node.get("columns") or {}).values():
            if any(c.get("type") == "not_null" for c in column.get("constraints") or ()):
                found.add(str(column["name"]).lower())
    return frozenset(found)
