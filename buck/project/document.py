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
