"""`buck explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from buck.cli.app import app
from buck.cli.completion import complete_subject
from buck.cli.options import AsJson
from buck.cli.render import show, show_json

if TYPE_CHECKING:
    from buck.records.card import Card, Section

Format = Literal["text", "markdown", "json"]
INDENT = 2


@app.command("explain")
def explain(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="A model, raw table, metric, pipeline, exit code or error: fct_payments, "
            "stripe.charges, stripe_daily, 3, GateClosed.",
            autocompletion=complete_subject,
        ),
    ],
    format_: Annotated[Format, typer.Option("--format", help="text, markdown or json.")] = "text",
    as_json: AsJson = False,
) -> None:
    """Show the design card of a model, a metric, a pipeline or an error."""
    from buck.flow.explain import explain as find_card
    from buck.flow.explain import explain_failure, failure_names

    # An error may be asked about where there is no project, or one that cannot be read.
    is_failure = name in failure_names()
    card = explain_failure(name) if is_failure else find_card(context.obj.project(), name)
    if as_json or format_ == "json":
        show_json(card.to_dict())
    else:
        show("\n".join(_markdown(card) if format_ == "markdown" else _text(card)))


def _text(card: Card) -> list[str]:
    """The summary, then every section; what fits on its title's line stands there."""
    lines = [f"{card.name} · {card.kind}", card.summary, ""]
    width = max(len(section.title) for section in card.sections) + INDENT
    for section in card.sections:
        first, *rest = section.lines or ["none"]
        lines.append(f"{section.title:{width}}{first}")
        lines += [f"{'':{width}}{line}" for line in rest]
    return lines


def _markdown(card: Card) -> list[str]:
    lines = [f"# {card.name}", "", f"*{card.kind}* · {card.summary}"]
    for section in card.sections:
        lines += ["", f"## {section.title.capitalize()}", "", *_body(section)]
    return lines


def _body(section: Section) -> list[str]:
    if section.is_drawn:
        return ["```text", *section.lines, "```"]
    if isinstance(section.content, str):
        return [section.content]
    return [f"- {line}" for line in section.lines]
