"""Names that a shell completes, from a project's files alone: quick, and silent outside one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

FILE = ".buck.yml"


def complete_pipeline(context: typer.Context, incomplete: str) -> list[str]:
    """Pipelines and schedules of `.buck.yml`."""
    _, document = _project(context)
    return _beginning(incomplete, _pipelines(document))


def complete_subject(context: typer.Context, incomplete: str) -> list[str]:
    """What `buck explain` can tell of: pipelines, models, and everywhere errors."""
    from buck import errors

    root, document = _project(context)
    kinds = [name for name in vars(errors) if isinstance(getattr(errors, name), type)]
    return _beginning(incomplete, [*_pipelines(document), *_models(root, document), *kinds])


def _project(context: typer.Context) -> tuple[Path, dict[str, Any]]:
    """A project's folder and what its file says; nothing if there is none that can be read."""
    import yaml

    start = Path(context.find_root().params.get("project") or ".").resolve()
    for folder in (start, *start.parents):
        try:
            document = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, yaml.YAMLError):
            break
        if isinstance(document, dict):
            return folder, document
    return start, {}


def _pipelines(document: dict[str, Any]) -> list[str]:
    schedules = _section(_section(document, "orchestration"), "schedules")
    return ["all", *schedules, *_section(document, "pipelines")] if document else []


def _models(root: Path, document: dict[str, Any]) -> list[str]:
    folder = str(_section(document, "dbt").get("project_dir", "transform"))
    return [file.stem for file in (root / folder / "models").rglob("*.sql")] if document else []


def _section(document: dict[str, Any], name: str) -> dict[str, Any]:
    held = document.get(name)
    return held if isinstance(held, dict) else {}


def _beginning(incomplete: str, names: list[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
