"""`.buck.yml` as YAML gives it; what YAML would silently mend is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from buck.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """YAML's own loader lets a later key of the same name win; this one refuses it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} is written twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read_lines(text: str) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """The line of every key, by its path (`lake.root`), and keys that are written twice.

    Items of lists are counted from 0. The text is YAML that can be read.
    """
    lines: dict[str, int] = {}
    twice: list[tuple[str, int]] = []

    def walk(node: yaml.Node | None, path: str, above: tuple[int, ...]) -> None:
        # An anchor may hold itself.
        if node is None or id(node) in above:
            return
        above = (*above, id(node))
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                lines.setdefault(f"{path}.{index}", item.start_mark.line + 1)
                walk(item, f"{path}.{index}", above)
        if not isinstance(node, yaml.MappingNode):
            return
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                walk(value, path, above)
                continue
            here = f"{path}.{key.value}" if path else str(key.value)
            line = key.start_mark.line + 1
            if str(key.value) in seen:
                twice.append((here, line))
            seen.add(str(key.value))
            lines[here] = line
            walk(value, here, above)

    walk(yaml.compose(text, Loader=yaml.SafeLoader), "", ())
    return lines, twice


def read_document(file: Path) -> dict[str, Any]:
    """The file's sections.

    Raises:
        ConfigError: it cannot be read, is not YAML, says a key twice, or is not a mapping.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{file.name} cannot be read: {exc}", hint="save it as UTF-8") from exc
    document: Any = None
    reason = ""
    try:
        document = yaml.load(text, Loader=_Loader) or {}  # noqa: S506  a SafeLoader
    except yaml.MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        reason = f"{exc.problem}{line}"
    except yaml.YAMLError as exc:
        reason = str(exc).splitlines()[0]
    if reason:
        # Without the cause: its message shows the line, and somebody may have a secret there.
        raise ConfigError(f"{file.name} is not readable YAML: {reason}", hint="edit it")
    if not isinstance(document, dict):
        raise ConfigError(f"{file.name} is not a mapping of sections", hint="start with version: 1")
    return document
