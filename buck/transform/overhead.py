"""What dbt spends on each node and nobody needs: a third of a build of many small models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_COMPILED: dict[tuple[Any, ...], Any] = {}
"""Jinja's code objects by their source: they hold no state, and a process compiles few of them."""


@contextmanager
def spare_overhead() -> Iterator[None]:
    """Within the block dbt makes no debug events and compiles no template twice.

    Touches functions of dbt 1.11 and its Jinja environment, and puts them back; models, tests and
    their results are the same with and without it.
    """
    with _without_debug_events(), _with_templates_kept():
        yield


@contextmanager
def _without_debug_events() -> Iterator[None]:
    # dbt fills and converts a protobuf message for each of its debug events, dozens per node,
    # before its loggers, which begin at info here, throw them away.
    types: Any = import_module("dbt_common.events.base_types")
    manager: Any = import_module("dbt_common.events.event_manager").EventManager
    make, fire = types.BaseEvent.__init__, manager.fire_event

    def make_unless_debug(event: Any, *args: Any, **facts: Any) -> None:
        if isinstance(event, types.DebugLevel):
            event.pb_msg = None
        else:
            make(event, *args, **facts)

    def fire_unless_debug(
        self: Any, e: Any, level: Any = None, node: Any = None, **how: Any
    ) -> None:
        if not isinstance(e, types.DebugLevel):
            fire(self, e, level=level, node=node, **how)

    types.BaseEvent.__init__, manager.fire_event = make_unless_debug, fire_unless_debug
    try:
        yield
    finally:
        types.BaseEvent.__init__, manager.fire_event = make, fire


@contextmanager
def _with_templates_kept() -> Iterator[None]:
    environment: Any = import_module("dbt_common.clients.jinja").MacroFuzzEnvironment
    compile_template = environment.compile

    def compile_once(self: Any, source: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(source, str):
            return compile_template(self, source, *args, **options)
        key = (type(self), source, args, tuple(options.items()))
        if key not in _COMPILED:
            _COMPILED[key] = compile_template(self, source, *args, **options)
        return _COMPILED[key]

    environment.compile = compile_once
    try:
        yield
    finally:
        del environment.compile
