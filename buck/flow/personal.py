"""Which columns hold personal data, as the sources declared it."""

from __future__ import annotations

from buck.errors import TransformError
from buck.project import Project

DERIVED = frozenset(
    {"customer_email", "customer_name", "billing_name", "full_name", "email", "name", "phone"}
)
"""What models call personal columns after renaming them, beside those that say so themselves."""


def _marked(project: Project) -> set[str]:
    """Columns that a model's yml file marks as personal, as last parsed."""
    from buck.transform import personal_names

    try:
        return personal_names(project.work / "dbt" / "target")
    except TransformError:
        return set()


def personal_columns(project: Project) -> set[str]:
    """Names of columns whose values are masked wherever rows are shown."""
    from buck.flow.landing import choose_sources
    from buck.pipelines import load_module

    found = set(DERIVED) | _marked(project)
    for source in choose_sources(project, []):
        name = project.source(source).pipeline or source
        for spec in load_module(project.pipelines_dir, name).tables:
            found |= {c.name for c in spec.columns if c.personal}
    return found
