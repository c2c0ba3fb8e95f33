"""Run dbt: `build` gives facts, `passthrough` gives the lines a person wants to read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from buck.errors import ConfigError
from buck.records.build import BuildResult, Parse, Progress
from buck.transform.failures import translate_failure
from buck.transform.parsed import keep_parsed, load_parsed, read_saved
from buck.transform.results import read_nodes, read_progress
from buck.transform.session import Invocation, Message, accepted_options, invoke, scrub
from buck.transform.workspace import DbtCommand, DbtWorkspace

_GROUPS: Final = {"docs", "source"}
_Kept = Literal["used", "ignored", "untouched"]
"""The parsed project of an earlier call: use it, parse anew and keep that, or leave it alone."""
_WITHOUT_PROJECT: Final = {"deps", "clean", "debug", "init"}


def build(
    workspace: DbtWorkspace,
    *,
    command: DbtCommand = "build",
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    full_refresh: bool = False,
    write_manifest: bool = True,
    on_event: Callable[[Progress], None] | None = None,
) -> BuildResult:
    """What dbt built and what its tests found.

    A failing model or test is part of the result, not an error: see `raise_for_models` and
    `buck.quality.report`. Every connection is closed on return, so the database file can be opened
    again at once, with other settings too. Nothing is printed.

    Args:
        workspace: The project and how to run it.
        command: The dbt command.
        select: dbt's node selection; everything if empty.
        exclude: What to leave out of it.
        full_refresh: Rebuild incremental models from nothing.
        write_manifest: Write `manifest.json` anew; not needed right after `ensure_parsed`.
        on_event: Called when a node starts and ends, from dbt's worker threads.

    Raises:
        TransformError: the project or its profile can't be read, or the database can't be opened.
    """
    words = command.split()
    accepted = accepted_options(words)
    arguments = [*words, *workspace.arguments(accepted)]
    if command == "build":
        # dbt counts exposures among what it builds, and does nothing for them.
        exclude = [*exclude, "resource_type:exposure"]
    for name, values in (("--select", select), ("--exclude", exclude)):
        if values:
            arguments += [name, *values]
    if full_refresh and "--full-refresh" in accepted:
        arguments.append("--full-refresh")
    if not write_manifest:
        arguments.append("--no-write-json")

    def listen(message: Message) -> None:
        if on_event is not None and (progress := read_progress(message)) is not None:
            on_event(progress)

    started = time.perf_counter()
    answer, parse, nodes = _invoke(
        workspace, arguments, listen, kept="ignored" if command == "parse" else "used"
    )
    if answer.exception is not None:
        raise translate_failure(answer.exception, workspace)
    results = getattr(answer.result, "results", None) or ()
    executed = [r for r in results if hasattr(r, "node") and hasattr(r, "execution_time")]
    return BuildResult(
        command=command,
        success=answer.success,
        nodes=read_nodes(executed, nodes, env=workspace.env),
        seconds=round(time.perf_counter() - started, 3),
        parse=parse,
    )


def ensure_parsed(workspace: DbtWorkspace) -> None:
    """Parse the project unless an earlier parse still holds; idempotent.

    Raises:
        TransformError: the project or its profile can't be read.
    """
    if read_saved(workspace) is None:
        build(workspace, command="parse")


def list_selected(workspace: DbtWorkspace, select: Sequence[str]) -> set[str]:
    """Names of the models, seeds and snapshots that a dbt selection means.

    Raises:
        TransformError: the project can't be read.
    """
    words = ["ls", "--output", "name", "--select", *select]
    for kind in ("model", "seed", "snapshot"):
        words += ["--resource-type", kind]
    lines: list[str] = []
    passthrough(workspace, words, on_line=lines.append)
    # dbt greets and counts between its answers; an answer is one name on a line.
    return {line for line in lines if re.fullmatch(r"\w+", line)}


def passthrough(
    workspace: DbtWorkspace, arguments: Sequence[str], *, on_line: Callable[[str], None]
) -> bool:
    """Run `dbt ARGUMENTS` for a person and say whether it succeeded.

    The workspace's options are added unless `arguments` name them; `--vars` are merged, the given
    ones winning.

    Args:
        workspace: The project and how to run it.
        arguments: As typed after `dbt`, for example `["run", "--select", "fct_payments+"]`.
        on_line: Receives each line dbt would have printed, without colours.

    Raises:
        ConfigError: no command, or one that would go to the network behind the user's back.
        TransformError: dbt has no such command, or the project can't be read.
    """
    words, rest = _split_command(arguments)
    accepted = accepted_options(words)
    workspace, rest = _merge_vars(workspace, rest)
    own = workspace.arguments(accepted, rest)
    shown = {"info", "warn", "error"}

    def listen(message: Message) -> None:
        if message.info.level in shown:
            text = _strip_colours(str(message.info.msg))
            for line in scrub(text, workspace.env).splitlines() or [""]:
                on_line(line)

    parses = words[0] not in _WITHOUT_PROJECT and "--vars" in own
    kept: _Kept = "ignored" if words == ["parse"] else "used"
    if not parses or {"--target", "--profiles-dir", "--project-dir", "--target-path"} & set(rest):
        kept = "untouched"
    answer, _, _ = _invoke(workspace, [*words, *rest, *own], listen, kept=kept)
    if answer.exception is not None:
        raise translate_failure(answer.exception, workspace)
    return answer.success


def _invoke(
    workspace: DbtWorkspace,
    arguments: list[str],
    listen: Callable[[Message], None],
    *,
    kept: _Kept,
) -> tuple[Invocation, Parse, dict[str, Any]]:
    nodes: dict[str, Any] = {}
    seen: set[str] = set()

    def on_message(message: Message) -> None:
        if message.info.name == "UnableToPartialParse":
            seen.add("full")
        listen(message)

    manifest = load_parsed(workspace) if kept == "used" else None
    answer = invoke(arguments, env=workspace.env, on_message=on_message, manifest=manifest)
    if manifest is None:
        parse: Parse = "full" if "full" in seen else "partial"
        if kept != "untouched" and answer.exception is None:
            keep_parsed(workspace)
            manifest = load_parsed(workspace)
    else:
        parse = "reused"
    if manifest is not None:
        nodes = {**manifest.nodes, **manifest.unit_tests}
    return answer, parse, nodes


def _split_command(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    given = list(arguments)
    if not given or given[0].startswith("-"):
        raise ConfigError(
            f"a dbt command is needed before {given[0]!r}" if given else "a dbt command is needed",
            hint="buck dbt build --select fct_payments",
        )
    if "--version" in given or "-v" in given:
        raise ConfigError("dbt --version asks the network", hint="buck doctor")
    if given[0] == "init":
        raise ConfigError("the project exists already: dbt init", hint="buck dbt build")
    count = 2 if given[0] in _GROUPS and len(given) > 1 else 1
    return given[:count], given[count:]


def _merge_vars(workspace: DbtWorkspace, arguments: list[str]) -> tuple[DbtWorkspace, list[str]]:
    import yaml

    rest: list[str] = []
    given: dict[str, object] = {}
    items = iter(arguments)
    for item in items:
        name, equals, value = item.partition("=")
        if name != "--vars":
            rest.append(item)
            continue
        text = value if equals else next(items, "")
        try:
            read = yaml.safe_load(text)
        except yaml.YAMLError as exc:
            raise ConfigError(f"--vars is not YAML: {text!r}", hint="--vars '{a: 1}'") from exc
        if not isinstance(read, dict):
            raise ConfigError(f"--vars is not a mapping: {text!r}", hint="--vars '{a: 1}'")
        given |= read
    return replace(workspace, vars={**workspace.vars, **given}), rest


def _strip_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
