"""`buck init --add`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from buck.cli.render import say, show, show_json

if TYPE_CHECKING:
    from buck.cli.app import Invocation

SHOWN = 8


def add_to(
    invocation: Invocation, sources: Sequence[str], *, overwrite: Sequence[str], as_json: bool
) -> None:
    """Bring sources back into the project, and say which files that touched."""
    from buck.scaffold import add_sources

    project = invocation.project()
    say("reading what the models need of them …")
    added = add_sources(project, sources, overwrite=overwrite)
    if as_json:
        show_json(asdict(added))
        return
    show(f"added {', '.join(added.sources)} to {project.root.name}")
    for word, files in (
        ("written", added.written),
        ("changed", added.changed),
        ("removed", added.removed),
    ):
        if files:
            more = f" and {len(files) - SHOWN} more" if files[SHOWN:] else ""
            show(f"{word}: {', '.join(files[:SHOWN])}{more}")
    for needs in sorted(set(added.left_out.values())):
        marts = [mart for mart, lacking in added.left_out.items() if lacking == needs]
        show(f"still left out, as they need {' and '.join(needs)}: {', '.join(marts)}")
    say("next: buck run")
