"""`buck quality suggest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from buck.cli.quality import group
from buck.cli.render import say, show
from buck.errors import ConfigError

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write into this new file instead.")
]


@group.command("suggest")
def suggest(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A model such as fct_payments.")],
    output: Output = None,
) -> None:
    """Profile a table and propose SodaCL checks for it; every one of them only warns."""
    from buck.flow.suggest import suggest_for

    if output is not None and output.exists():
        raise ConfigError(f"{output} exists already", hint="give another --output")
    text = suggest_for(context.obj.project(), model)
    if output is None:
        show(text.rstrip("\n"))
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
        say(f"wrote {output}; next: review it, then buck quality check {model}")
